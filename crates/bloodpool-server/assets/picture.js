// Frames on a canvas with outlines on them; places of the picture are pixels of the study, whose centres are whole numbers.

export class Picture {
  constructor(canvas) {
    this.canvas = canvas;
    this.zoom = 1;
    this.shift = [0, 0];
    this.source = document.createElement('canvas');
    this.enlarged = document.createElement('canvas');
  }

  /** The canvas has as many pixels as the screen shows of it. */
  fit() {
    const ratio = devicePixelRatio || 1;
    const box = this.canvas.getBoundingClientRect();
    const [width, height] = [Math.round(box.width * ratio), Math.round(box.height * ratio)];
    if (this.canvas.width !== width || this.canvas.height !== height) Object.assign(this.canvas, { width, height });
  }

  scale(study) {
    return Math.min(this.canvas.width / study.columns, this.canvas.height / study.rows) * this.zoom;
  }

  origin(study) {
    const scale = this.scale(study);
    return [(this.canvas.width - study.columns * scale) / 2 + this.shift[0],
      (this.canvas.height - study.rows * scale) / 2 + this.shift[1]];
  }

  /** From a pixel of the study to the canvas. */
  place(study, [x, y]) {
    const scale = this.scale(study);
    const [left, top] = this.origin(study);
    return [left + (x + 0.5) * scale, top + (y + 0.5) * scale];
  }

  /** From a pointer to a pixel of the study. */
  pixel(study, event) {
    const box = this.canvas.getBoundingClientRect();
    const ratio = this.canvas.width / box.width;
    const scale = this.scale(study);
    const [left, top] = this.origin(study);
    return [((event.clientX - box.left) * ratio - left) / scale - 0.5, ((event.clientY - box.top) * ratio - top) / scale - 0.5];
  }

  /** Draws the counts of a frame; `frame` from 1. While nothing of it changes, the enlarged frame is copied as it was. */
  draw(study, frame, look) {
    this.fit();
    const { canvas } = this;
    const key = [frame, look.window, look.level, canvas.width, canvas.height, this.zoom, ...this.shift].join();
    if (this.drawn?.key !== key || this.drawn.counts !== study.counts || this.drawn.table !== look.table) {
      this.enlarge(study, frame, look);
      this.drawn = { key, counts: study.counts, table: look.table };
    }
    const context = canvas.getContext('2d');
    context.drawImage(this.enlarged, 0, 0);
    return context;
  }

  /** The counts of a frame in colours, as large as the canvas. */
  enlarge(study, frame, look) {
    const { rows, columns, counts } = study;
    const { canvas, source, enlarged } = this;
    if (source.width !== columns || source.height !== rows) Object.assign(source, { width: columns, height: rows });
    if (enlarged.width !== canvas.width || enlarged.height !== canvas.height) {
      Object.assign(enlarged, { width: canvas.width, height: canvas.height });
    }
    const image = new ImageData(columns, rows);
    const low = look.level - look.window / 2;
    const factor = 255 / Math.max(look.window, 0.001) / 65535;
    const from = (frame - 1) * rows * columns;
    for (let at = 0; at < rows * columns; at += 1) {
      const shade = Math.max(0, Math.min(255, Math.round(counts[from + at] * factor - (low * 255) / look.window)));
      image.data[4 * at] = look.table[3 * shade];
      image.data[4 * at + 1] = look.table[3 * shade + 1];
      image.data[4 * at + 2] = look.table[3 * shade + 2];
      image.data[4 * at + 3] = 255;
    }
    source.getContext('2d').putImageData(image, 0, 0);
    const context = enlarged.getContext('2d', { alpha: false });
    context.fillStyle = '#000';
    context.fillRect(0, 0, enlarged.width, enlarged.height);
    context.imageSmoothingEnabled = true;
    const scale = this.scale(study);
    const [left, top] = this.origin(study);
    context.drawImage(source, left, top, columns * scale, rows * scale);
  }

  outline(study, polygon, { colour, width = 2, dash = [] }) {
    if (!polygon?.length) return;
    const context = this.canvas.getContext('2d');
    const ratio = devicePixelRatio || 1;
    context.beginPath();
    polygon.forEach((point, index) => context[index ? 'lineTo' : 'moveTo'](...this.place(study, point)));
    context.closePath();
    context.setLineDash(dash.map((length) => length * ratio));
    // A dark line beneath is seen on bright counts.
    context.strokeStyle = 'rgba(0, 0, 0, 0.65)';
    context.lineWidth = (width + 2) * ratio;
    context.stroke();
    context.strokeStyle = colour;
    context.lineWidth = width * ratio;
    context.stroke();
    context.setLineDash([]);
  }

  dots(study, points, colour, chosen) {
    const context = this.canvas.getContext('2d');
    const ratio = devicePixelRatio || 1;
    points.forEach((point, index) => {
      const size = (index === chosen ? 5 : 2.5) * ratio;
      const [x, y] = this.place(study, point);
      context.fillStyle = '#000';
      context.fillRect(x - size - ratio, y - size - ratio, 2 * (size + ratio), 2 * (size + ratio));
      context.fillStyle = colour;
      context.fillRect(x - size, y - size, 2 * size, 2 * size);
    });
  }

  /** An ellipse of a radius in mm. */
  circle(study, point, radiusMm, colour) {
    const context = this.canvas.getContext('2d');
    const scale = this.scale(study);
    const [x, y] = this.place(study, point);
    context.beginPath();
    context.ellipse(x, y, (radiusMm / study.spacing_mm[1]) * scale, (radiusMm / study.spacing_mm[0]) * scale, 0, 0, 7);
    context.strokeStyle = colour;
    context.lineWidth = 1.5 * (devicePixelRatio || 1);
    context.stroke();
  }

  cross(study, point, colour) {
    const context = this.canvas.getContext('2d');
    const [x, y] = this.place(study, point);
    const arm = 9 * (devicePixelRatio || 1);
    context.beginPath();
    context.moveTo(x - arm, y); context.lineTo(x + arm, y);
    context.moveTo(x, y - arm); context.lineTo(x, y + arm);
    context.strokeStyle = colour;
    context.lineWidth = 2 * (devicePixelRatio || 1);
    context.stroke();
  }
}
