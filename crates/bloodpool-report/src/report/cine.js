// Plays the frames of the sheet on the canvas, with the LV contour on top.
(() => {
  "use strict";
  const element = (id) => document.getElementById(id);
  const data = JSON.parse(element("cine-data").textContent);
  const sheets = { raw: element("cine-sheet"), smooth: element("cine-smooth-sheet") };
  const canvas = element("cine");
  const play = element("cine-play");
  const slider = element("cine-frame");
  const number = element("cine-number");
  const contour = element("cine-contour");
  const raw = element("cine-raw");
  const whole = element("cine-whole");
  const speed = element("cine-speed");
  const context = canvas.getContext("2d");
  const wholeContext = whole.getContext("2d");

  // One frame at its own size first: enlarging straight from the sheet would let its neighbours shine in.
  const tile = document.createElement("canvas");
  tile.width = data.columns;
  tile.height = data.rows;
  const tileContext = tile.getContext("2d");

  let frame = data.endDiastole - 1;
  let timer = null;

  // Where the enlarged part goes on the canvas: as large as fits, in the middle.
  function view() {
    const part = data.crop;
    const x = Math.min(canvas.width / part.columns, canvas.height / (part.rows * data.pixelShape));
    const y = x * data.pixelShape;
    return { ...part, x, y, atX: (canvas.width - part.columns * x) / 2, atY: (canvas.height - part.rows * y) / 2 };
  }

  // The whole field, with the enlarged part marked.
  function drawWhole() {
    const x = whole.width / data.columns;
    const y = whole.height / data.rows;
    wholeContext.imageSmoothingEnabled = true;
    wholeContext.drawImage(tile, 0, 0, whole.width, whole.height);
    wholeContext.lineWidth = 1;
    wholeContext.strokeStyle = "rgba(255, 255, 255, 0.7)";
    wholeContext.strokeRect(data.crop.left * x + 0.5, data.crop.top * y + 0.5,
      data.crop.columns * x - 1, data.crop.rows * y - 1);
  }

  function drawContour(points, shown) {
    if (points.length < 2) return;
    context.beginPath();
    points.forEach(([x, y]) => {
      context.lineTo(shown.atX + (x + 0.5 - shown.left) * shown.x, shown.atY + (y + 0.5 - shown.top) * shown.y);
    });
    context.closePath();
    context.lineWidth = 2.5;
    context.lineJoin = "round";
    context.strokeStyle = "rgb(64, 214, 255)";
    context.stroke();
  }

  function draw() {
    const shown = view();
    tileContext.drawImage(raw.checked ? sheets.raw : sheets.smooth, -(frame % data.sheetColumns) * data.columns,
      -Math.floor(frame / data.sheetColumns) * data.rows);
    context.fillStyle = "#000";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.imageSmoothingEnabled = true;
    context.drawImage(tile, shown.left, shown.top, shown.columns, shown.rows,
      shown.atX, shown.atY, shown.columns * shown.x, shown.rows * shown.y);
    if (contour.checked) drawContour(data.contours[frame] || [], shown);
    drawWhole();
    slider.value = String(frame + 1);
    number.textContent = `${frame + 1}/${data.frames}`;
  }

  function pause() {
    clearTimeout(timer);
    timer = null;
    play.textContent = "Play";
  }

  function tick() {
    frame = (frame + 1) % data.frames;
    draw();
    const frameMs = data.frameMs || 1000 / data.frames;
    timer = setTimeout(tick, Math.max(20, frameMs / Number(speed.value)));
  }

  function start() {
    play.textContent = "Pause";
    tick();
  }

  function showEndDiastole() {
    pause();
    frame = data.endDiastole - 1;
    draw();
  }

  play.addEventListener("click", () => (timer === null ? start() : pause()));
  contour.addEventListener("change", draw);
  raw.addEventListener("change", draw);
  slider.addEventListener("input", () => {
    pause();
    frame = Number(slider.value) - 1;
    draw();
  });
  // On paper everything is open and nothing moves.
  window.addEventListener("beforeprint", () => {
    showEndDiastole();
    document.querySelectorAll("details").forEach((details) => { details.open = true; });
  });

  Promise.all([sheets.raw.decode(), sheets.smooth.decode()]).catch(() => {}).then(() => {
    draw();
    if (!window.matchMedia("(prefers-reduced-motion: reduce)").matches) start();
  });
})();
