// The cine: frames at the rate of the heart.

/** Where a study records no time of a frame: 24 frames in about a second. */
const ASSUMED_MS = 40;

export class Cine {
  /** `button` starts and stops; `frame()` is what is shown, `show(number)` shows another. */
  constructor(button, frame, show) {
    Object.assign(this, { button, frame, show, running: null });
  }

  stop() {
    cancelAnimationFrame(this.running);
    this.running = null;
    this.button.setAttribute('aria-pressed', 'false');
    this.button.textContent = '▶';
  }

  /** The frame follows from the time that has passed: a slow screen leaves frames out, and the heart keeps its rate. */
  toggle(study) {
    if (this.running) { this.stop(); return; }
    const [began, from, time] = [performance.now(), this.frame(), study.frame_time_ms ?? ASSUMED_MS];
    const step = (now) => {
      const number = ((from - 1 + Math.floor(Math.max(0, now - began) / time)) % study.frames) + 1;
      if (number !== this.frame()) this.show(number);
      this.running = requestAnimationFrame(step);
    };
    this.running = requestAnimationFrame(step);
    this.button.setAttribute('aria-pressed', 'true');
    this.button.textContent = '❚❚';
  }
}
