// The time-activity curve: net counts of each frame, the fit, ED, ES, and a cursor that is the frame.

const MARGIN = { left: 12, right: 12, top: 18, bottom: 20 };

export function frameAt(canvas, study, event) {
  const box = canvas.getBoundingClientRect();
  const share = (event.clientX - box.left - MARGIN.left) / (box.width - MARGIN.left - MARGIN.right);
  return Math.max(1, Math.min(study.frames, Math.round(share * (study.frames - 1)) + 1));
}

let drawn = {};

export function drawCurve(canvas, study, measured, frame, edited) {
  const ratio = devicePixelRatio || 1;
  const box = canvas.getBoundingClientRect();
  // A pointer that moves over the picture changes nothing here.
  const key = [frame, [...edited].join(' '), box.width, box.height, ratio].join();
  if (drawn.key === key && drawn.measured === measured) return;
  drawn = { key, measured };
  canvas.width = Math.round(box.width * ratio);
  canvas.height = Math.round(box.height * ratio);
  const context = canvas.getContext('2d');
  context.scale(ratio, ratio);
  const style = getComputedStyle(document.documentElement);
  const [ink, quiet, accent, changed] = ['--ink', '--quiet', '--accent', '--changed'].map((name) => style.getPropertyValue(name));
  const values = measured.net_counts;
  context.font = '11px system-ui';
  context.fillStyle = quiet;
  if (!values.length) return;
  const top = Math.max(...values, ...(measured.fitted_counts ?? []));
  const x = (number) => MARGIN.left + ((number - 1) / (study.frames - 1)) * (box.width - MARGIN.left - MARGIN.right);
  const y = (value) => box.height - MARGIN.bottom - (Math.max(0, value) / top) * (box.height - MARGIN.top - MARGIN.bottom);
  const line = (list, colour, width) => {
    context.beginPath();
    list.forEach((value, index) => context[index ? 'lineTo' : 'moveTo'](x(index + 1), y(value)));
    Object.assign(context, { strokeStyle: colour, lineWidth: width });
    context.stroke();
  };
  context.strokeStyle = quiet;
  context.beginPath();
  context.moveTo(MARGIN.left, y(0)); context.lineTo(box.width - MARGIN.right, y(0));
  context.stroke();
  if (measured.fitted_counts) line(measured.fitted_counts, accent, 2);
  else line(values, accent, 2);
  values.forEach((value, index) => {
    context.fillStyle = edited.has(index + 1) ? changed : ink;
    context.beginPath();
    // A frame that was edited is a square, the others are dots.
    if (edited.has(index + 1)) context.rect(x(index + 1) - 4, y(value) - 4, 8, 8);
    else context.arc(x(index + 1), y(value), 2.5, 0, 7);
    context.fill();
  });
  for (const [name, number] of [['ED', measured.end_diastole], ['ES', measured.end_systole]]) {
    if (!number) continue;
    context.fillStyle = ink;
    context.fillText(name, Math.max(0, x(number) - 8), 12);
    context.setLineDash([3, 3]);
    context.beginPath(); context.moveTo(x(number), MARGIN.top); context.lineTo(x(number), y(0));
    context.strokeStyle = quiet; context.lineWidth = 1; context.stroke();
    context.setLineDash([]);
  }
  context.beginPath(); context.moveTo(x(frame), MARGIN.top - 4); context.lineTo(x(frame), box.height - MARGIN.bottom + 4);
  context.strokeStyle = ink; context.lineWidth = 1.5; context.stroke();
  context.fillStyle = ink;
  const time = study.frame_time_ms ? `  ${Math.round((frame - 1) * study.frame_time_ms)} ms` : '';
  const label = `${frame}${time}`;
  context.fillText(label, Math.min(x(frame) + 4, box.width - context.measureText(label).width - 4), box.height - 5);
}
