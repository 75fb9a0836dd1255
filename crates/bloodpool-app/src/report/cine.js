// Plays the frames of the strip on the canvas, with the LV contour on top.
(() => {
  "use strict";
  const element = (id) => document.getElementById(id);
  const data = JSON.parse(element("cine-data").textContent);
  const strip = element("cine-strip");
  const canvas = element("cine");
  const play = element("cine-play");
  const slider = element("cine-frame");
  const number = element("cine-number");
  const contour = element("cine-contour");
  const speed = element("cine-speed");
  const context = canvas.getContext("2d");

  // One frame at its own size first: enlarging straight from the strip would let its neighbours shine in.
  const tile = document.createElement("canvas");
  tile.width = data.columns;
  tile.height = data.rows;
  const tileContext = tile.getContext("2d");

  let frame = data.endDiastole - 1;
  let timer = null;

  function drawContour(points) {
    if (points.length < 2) return;
    const x = canvas.width / data.columns;
    const y = canvas.height / data.rows;
    context.beginPath();
    points.forEach((point) => context.lineTo((point[0] + 0.5) * x, (point[1] + 0.5) * y));
    context.closePath();
    context.lineWidth = 2.5;
    context.lineJoin = "round";
    context.strokeStyle = "rgb(64, 214, 255)";
    context.stroke();
  }

  function draw() {
    tileContext.drawImage(strip, -frame * data.columns, 0);
    context.imageSmoothingEnabled = true;
    context.drawImage(tile, 0, 0, canvas.width, canvas.height);
    if (contour.checked) drawContour(data.contours[frame] || []);
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

  strip.decode().catch(() => {}).then(() => {
    draw();
    if (!window.matchMedia("(prefers-reduced-motion: reduce)").matches) start();
  });
})();
