// Colour maps: grey, hot, and cividis (Nunez et al., PLoS ONE 2018;13:e0199239), which colour-blind people see alike.

const stops = {
  grey: [[0, 0, 0], [255, 255, 255]],
  hot: [[11, 0, 0], [255, 0, 0], [255, 255, 0], [255, 255, 255]],
  cividis: [[0, 32, 77], [0, 51, 111], [57, 72, 107], [87, 92, 109], [112, 113, 115], [138, 134, 120], [166, 157, 117],
    [196, 181, 108], [228, 207, 91], [255, 234, 70]],
};

/** 256 colours, red, green, blue each. */
export function colourTable(name) {
  const of = stops[name] ?? stops.grey;
  const table = new Uint8ClampedArray(256 * 3);
  for (let index = 0; index < 256; index += 1) {
    const place = (index / 255) * (of.length - 1);
    const low = Math.min(Math.floor(place), of.length - 2);
    for (let part = 0; part < 3; part += 1) {
      table[3 * index + part] = of[low][part] + (place - low) * (of[low + 1][part] - of[low][part]);
    }
  }
  return table;
}
