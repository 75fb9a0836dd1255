// The page of one study: state, what is drawn, and what pointer and keys do.
import { get, post, told, text } from './server.js';
import { Picture } from './picture.js';
import { colourTable } from './colours.js';
import { drawCurve, frameAt } from './curve.js';
import { drag } from './tools.js';
import { Cine } from './cine.js';
import { listKeys, onKeys } from './keys.js';
import { showLists, showResult } from './figures.js';
import { functionChanged } from './function.js';

const byId = (id) => document.getElementById(id);
const path = `/api/study/${told.study}`;
const [main, ed, es] = ['main', 'ed', 'es'].map((id) => new Picture(byId(id)));
const [OWN, EDITED, PREVIEW, BACKGROUND] = ['#4dd0e1', '#ffb74d', '#ffffff', '#b9a1ff'];

let study; // What the server told, with `counts` and outlines by frame.
let preview = null; // What an act would give: outlines by frame and numbers.
let frame = 1;
let tool = 'vertex';
let gesture = null; // A drag with a tool, or a pan.
let pending = null; // A region that is shown and not taken yet.
let cross = null; // The crosshair of the keyboard.
let hover = null;
let growth = 0.55;
const paths = new Set(['redraw', 'background']); // Tools that are drawn as a line and take effect at its end.
const cine = new Cine(byId('play'), () => frame, (number) => { frame = number; draw(); });
const look = { window: 1, level: 0.5, table: colourTable('grey') };
let latencies = []; // From a pointer event to the painted LVEF, ms: the last ones.
let previews = 0;

// --- what is drawn

const radius = () => Number(byId('radius').value);
const reach = () => Number(byId('reach').value);
const outline = (number) => preview?.outlines.get(number) ?? study.byFrame.get(number);
const edited = () => new Set([...study.byFrame.values()].filter((one) => one.edited).map((one) => one.frame));
const reached = () => new Set([...edited(), ...(preview?.outlines.keys() ?? [])]);

const touched = () => edited().size > 0 || study.set_end_diastole !== null || study.set_end_systole !== null || study.set_background;

let wanted = false;
function redraw() {
  if (wanted) return;
  wanted = true;
  requestAnimationFrame(() => { wanted = false; draw(); });
}

function drawOutline(picture, number, width) {
  const one = study.byFrame.get(number);
  const ahead = preview?.outlines.get(number);
  picture.outline(study, one?.polygon, { colour: one?.edited ? EDITED : OWN, width: ahead ? 1 : width });
  if (ahead) picture.outline(study, ahead.polygon, { colour: PREVIEW, width, dash: [6, 4] });
}

function draw() {
  if (!study) return;
  const shown = { ...study, measured: preview?.measured ?? study.measured, touched: study.touched || preview !== null };
  const { measured } = shown;
  main.draw(study, frame, look);
  // One that a person drew holds for all frames.
  if (measured.background && (study.set_background || measured.background_frame === frame)) {
    main.outline(study, measured.background, { colour: BACKGROUND, width: study.set_background ? 2 : 1, dash: study.set_background ? [5, 3] : [2, 3] });
  }
  drawOutline(main, frame, 2.5);
  const now = outline(frame);
  if (tool === 'vertex' && now?.vertices) main.dots(study, now.vertices, now.edited ? EDITED : OWN, gesture?.drag?.index);
  if (gesture?.drag && paths.has(tool)) main.outline(study, gesture.drag.path, { colour: PREVIEW, width: 1 });
  const at = cross ?? hover;
  if (at && (tool === 'brush' || tool === 'nudge')) main.circle(study, at, radius(), PREVIEW);
  if (cross) main.cross(study, cross, PREVIEW);
  for (const [picture, key, name] of [[ed, 'end_diastole', 'ED'], [es, 'end_systole', 'ES']]) {
    const number = measured[key] ?? 1;
    picture.draw(study, number, look);
    drawOutline(picture, number, 1.5);
    byId(`${name.toLowerCase()}-caption`).textContent = `${name} · ${text('frame')} ${number}`;
  }
  drawCurve(byId('curve'), study, measured, frame, reached());
  byId('frame').value = frame;
  byId('frame-label').textContent = `${text('frame')} ${frame} / ${study.frames}${now?.edited ? ` · ${text('edited')}` : ''}`;
  showResult(shown);
}

function show(number) {
  if (!number) return;
  frame = ((number - 1 + 2 * study.frames) % study.frames) + 1;
  redraw();
}

// --- what the server is told and tells

function notice(words) {
  byId('notice').textContent = words;
  byId('notice').hidden = !words;
}

function take(reply) {
  for (const one of reply.outlines) study.byFrame.set(one.frame, one);
  Object.assign(study, { measured: reply.measured, set_end_diastole: reply.set_end_diastole, set_end_systole: reply.set_end_systole, set_background: reply.set_background });
  if (reply.history) study.history = reply.history;
  study.touched = touched();
}

async function load() {
  const told = await get(path);
  told.byFrame = new Map(told.outlines.map((one) => [one.frame, one]));
  told.counts = study?.counts;
  if (!told.counts) {
    const bytes = await (await fetch(`${path}/counts`)).arrayBuffer();
    told.counts = new Uint16Array(bytes);
  }
  study = told;
  study.touched = touched();
  byId('frame').max = study.frames;
  others(study.also_here);
  showLists(study, show);
  functionChanged();
  redraw();
}

let alsoHere = '';
function others(names) {
  if (names.join() !== alsoHere) notice(names.length ? text('also_here', names.join(', ')) : '');
  alsoHere = names.join();
}

/** Says why something failed; what was changed by somebody else is loaded again. */
async function failed(error) {
  preview = null;
  pending = null;
  byId('preview-bar').hidden = true;
  byId('saved').textContent = '';
  if (error.status === 409) await load();
  notice(error.status === 401 ? text('session_ended') : error.message);
  redraw();
}

/** A change that is kept: it is sent until the server has an answer. */
async function send(where, value) {
  byId('saved').textContent = text('saving');
  for (;;) {
    try {
      const reply = await post(`${path}/${where}`, { revision: study.history.revision, ...value });
      preview = null;
      take(reply);
      notice('');
      byId('saved').textContent = `✓ ${text('saved')}`;
      showLists(study, show);
      functionChanged();
      redraw();
      return reply;
    } catch (error) {
      if (error.status && error.status !== 401) { await failed(error); return null; }
      notice(error.status === 401 ? text('session_ended') : text('offline'));
      await new Promise((done) => { setTimeout(done, 2000); });
    }
  }
}

let line = Promise.resolve();
let saving = 0;
/** Changes are sent one after the other, however fast keys are pressed: each is made of what the one before left. */
function keep(where, value) {
  saving += 1;
  line = line.then(() => send(where, value)).finally(() => { saving -= 1; });
  return line;
}

let asking = false;
let next = null;
/** Shows what an act would give. While one is asked for, only the last of the others is kept. */
async function ask(act, since) {
  if (asking) { next = [act, since]; return; }
  asking = true;
  try {
    await line;
    const reply = await post(`${path}/preview`, { revision: study.history.revision, act });
    if (gesture || pending) {
      preview = { ...reply, outlines: new Map(reply.outlines.map((one) => [one.frame, one])) };
      requestAnimationFrame(() => {
        draw();
        // After this task the browser paints.
        setTimeout(() => {
          latencies = [...latencies.slice(-199), performance.now() - since];
          previews += 1;
          const sorted = [...latencies].sort((a, b) => a - b);
          const at = (share) => sorted[Math.floor(share * (sorted.length - 1))].toFixed(1);
          Object.assign(document.documentElement.dataset, { latency: at(0.95), median: at(0.5), previews });
        });
      });
    }
  } catch (error) {
    if (!['nothing_changes', 'nothing_left'].includes(error.code)) await failed(error);
  } finally {
    asking = false;
    if (next) { const [later, at] = next; next = null; if (gesture || pending) ask(later, at); }
  }
}

const act = (edit) => (edit.tool === 'background'
  ? { act: 'background', frame, polygon: edit.path } : { act: 'outline', frame, reach: reach(), edit });
const doAct = (name, more = {}) => keep('edit', { act: { act: name, frame, ...more } });

// --- pointer

function press(point, event = {}) {
  if (!study.may_edit) return;
  cine.stop();
  const options = { radius: radius(), level: growth, scaling: event.shiftKey, turning: event.altKey };
  gesture = { drag: drag(tool, point, outline(frame), options) };
  if (tool === 'grow') {
    pending = gesture.drag;
    gesture = null;
    byId('preview-bar').hidden = false;
    ask(act(pending.edit()), performance.now());
  }
}

function move(point, since) {
  if (!gesture?.drag) return;
  gesture.drag.move(point);
  const edit = gesture.drag.edit();
  if (edit && !paths.has(tool)) ask(act(edit), since);
  redraw();
}

async function release() {
  const done = gesture?.drag;
  gesture = null;
  next = null;
  const edit = done?.edit();
  if (edit && (done.path.length > 1 || tool === 'brush')) await keep('edit', { act: act(edit) });
  else { preview = null; redraw(); }
}

async function takePending(taken) {
  const edit = pending?.edit();
  pending = null;
  byId('preview-bar').hidden = true;
  if (taken && edit) await keep('edit', { act: act({ ...edit, level: growth }) });
  preview = null;
  redraw();
}

const canvas = byId('main');
canvas.addEventListener('pointerdown', (event) => {
  if (!study) return;
  canvas.setPointerCapture(event.pointerId);
  canvas.focus();
  cross = null;
  if (event.button === 0 && !event.ctrlKey) press(main.pixel(study, event), event);
  else gesture = { pan: event.button === 1 || event.ctrlKey, from: [event.clientX, event.clientY], shift: [...main.shift], look: { ...look } };
});
canvas.addEventListener('pointermove', (event) => {
  if (!study) return;
  hover = main.pixel(study, event);
  if (gesture?.drag) {
    for (const one of event.getCoalescedEvents?.() ?? []) gesture.drag.move(main.pixel(study, one));
    move(hover, event.timeStamp);
  } else if (gesture) {
    const [dx, dy] = [event.clientX - gesture.from[0], event.clientY - gesture.from[1]];
    if (gesture.pan) main.shift = [gesture.shift[0] + dx * devicePixelRatio, gesture.shift[1] + dy * devicePixelRatio];
    else {
      look.window = Math.max(0.05, Math.min(1.5, gesture.look.window + dx / 400));
      look.level = Math.max(0, Math.min(1, gesture.look.level - dy / 400));
      byId('window').value = look.window * 100;
      byId('level').value = look.level * 100;
    }
  }
  redraw();
});
canvas.addEventListener('pointerup', () => { if (gesture?.drag) release(); else gesture = null; });
canvas.addEventListener('pointercancel', () => { gesture = null; preview = null; redraw(); });
canvas.addEventListener('pointerleave', () => { hover = null; redraw(); });
canvas.addEventListener('contextmenu', (event) => event.preventDefault());
canvas.addEventListener('wheel', (event) => {
  event.preventDefault();
  const down = event.deltaY > 0;
  if (event.ctrlKey) zoom(down ? 1 / 1.15 : 1.15);
  else if (pending) { growth = Math.max(0.1, Math.min(0.95, growth + (down ? 0.03 : -0.03))); pending = drag('grow', pending.path[0], outline(frame), { level: growth }); ask(act(pending.edit()), event.timeStamp); }
  else { setRange('reach', reach() + (down ? -1 : 1)); if (gesture?.drag) move(hover, event.timeStamp); }
}, { passive: false });

function zoom(factor) {
  main.zoom = Math.max(0.5, Math.min(12, main.zoom * factor));
  redraw();
}

// --- controls and keys

function setRange(id, value) {
  byId(id).value = value;
  const shown = byId(`${id}-value`);
  if (shown) shown.textContent = byId(id).value;
  redraw();
}

function choose(name) {
  tool = name;
  for (const button of document.querySelectorAll('[data-tool]')) button.setAttribute('aria-pressed', button.dataset.tool === name);
  redraw();
}

async function history(where) {
  const reply = await keep(where, {});
  if (reply) show(reply.frame);
}

async function accept() {
  try {
    await line;
    await post(`${path}/accept`, { revision: study.history.revision });
    await load();
    byId('saved').textContent = `✓ ${text('reviewed')}`;
  } catch (error) { await failed(error); }
}

async function nextStudy() {
  const { id } = await get(`/api/next/${told.study}`);
  if (id) location.assign(`/study/${id}`);
  else notice(text('no_next'));
}

const acts = {
  smooth: () => keep('edit', { act: act({ tool: 'smooth' }) }),
  copy: () => doAct('copy_from', { from: ((frame - 2 + study.frames) % study.frames) + 1 }),
  reset_frame: () => doAct('reset_frame'),
  reset_background: () => doAct('background', { polygon: [] }),
  undo: () => history('undo'),
  redo: () => history('redo'),
};
const help = () => { listKeys(byId('keys').querySelector('tbody')); byId('keys').showModal(); };
const step = (dx, dy) => () => {
  cross ??= [study.columns / 2, study.rows / 2];
  cross = [cross[0] + dx, cross[1] + dy];
  if (gesture?.drag) move(cross, performance.now());
  redraw();
};

function enter() {
  if (pending) takePending(true);
  else if (gesture?.drag) release();
  else if (cross) press(cross);
}

byId('frame').addEventListener('input', (event) => { cine.stop(); show(Number(event.target.value)); });
for (const id of ['radius', 'reach']) byId(id).addEventListener('input', (event) => setRange(id, event.target.value));
byId('window').addEventListener('input', (event) => { look.window = event.target.value / 100; redraw(); });
byId('level').addEventListener('input', (event) => { look.level = event.target.value / 100; redraw(); });
byId('colours').addEventListener('change', (event) => { look.table = colourTable(event.target.value); redraw(); });
byId('curve').addEventListener('pointerdown', (event) => { cine.stop(); show(frameAt(byId('curve'), study, event)); });
for (const button of document.querySelectorAll('[data-tool]')) button.addEventListener('click', () => choose(button.dataset.tool));
for (const button of document.querySelectorAll('[data-act]')) button.addEventListener('click', () => acts[button.dataset.act]());
const clicks = {
  play: () => cine.toggle(study), help, accept, next: nextStudy, take: () => takePending(true), 'drop-preview': () => takePending(false),
  'to-ed': () => show(study.measured.end_diastole), 'to-es': () => show(study.measured.end_systole),
  'set-ed': () => doAct('end_diastole'), 'set-es': () => doAct('end_systole'),
  fit: () => { main.zoom = 1; main.shift = [0, 0]; redraw(); },
  sign: () => { byId('signing-text').textContent = text('sign_text', study.measured.lvef_percent?.toFixed(1) ?? '-'); byId('signing').showModal(); },
  'sign-cancel': () => byId('signing').close(),
};
for (const [id, action] of Object.entries(clicks)) byId(id)?.addEventListener('click', action);
byId('sign-form').addEventListener('submit', async (event) => {
  event.preventDefault();
  const password = byId('sign-password');
  try {
    await line;
    await post(`${path}/sign`, { revision: study.history.revision, password: password.value });
    byId('signing').close();
    await load();
    byId('saved').textContent = `✓ ${text('signed')}`;
  } catch (error) { byId('signing-message').textContent = error.message; }
  password.value = '';
});
onKeys({
  ArrowLeft: () => { cine.stop(); show(frame - 1); }, ArrowRight: () => { cine.stop(); show(frame + 1); }, ' ': () => cine.toggle(study),
  e: clicks['to-ed'], r: clicks['to-es'], 'Shift+e': clicks['set-ed'], 'Shift+r': clicks['set-es'],
  v: () => choose('vertex'), n: () => choose('nudge'), b: () => choose('brush'), m: () => choose('transform'), d: () => choose('redraw'), g: () => choose('grow'), k: () => choose('background'),
  s: acts.smooth, c: acts.copy, x: acts.reset_frame, 'Shift+k': acts.reset_background, u: acts.undo, y: acts.redo, 'Ctrl+z': acts.undo, 'Ctrl+y': acts.redo, 'Ctrl+Shift+z': acts.redo,
  '[': () => setRange('radius', radius() - 2), ']': () => setRange('radius', radius() + 2),
  ',': () => setRange('reach', reach() - 1), '.': () => setRange('reach', reach() + 1),
  '-': () => zoom(1 / 1.15), '+': () => zoom(1.15), '=': () => zoom(1.15), 0: clicks.fit,
  'Shift+ArrowLeft': step(-1, 0), 'Shift+ArrowRight': step(1, 0), 'Shift+ArrowUp': step(0, -1), 'Shift+ArrowDown': step(0, 1),
  Enter: enter, Escape: () => { gesture = null; cross = null; takePending(false); },
  a: () => { if (study.may_edit) accept(); }, j: nextStudy, '?': help,
});

setRange('radius', radius());
setRange('reach', reach());
choose('vertex');
try {
  await load();
  show(study.measured.end_diastole ?? 1);
  Object.assign(document.documentElement.dataset, { ready: 'yes', readyAt: performance.now() });
} catch (error) { notice(error.message); }
addEventListener('resize', () => { if (study) redraw(); });

/** Whether somebody else has changed the study: it is loaded again, but not while something of one's own is being done. */
async function lookAgain() {
  const busy = () => document.hidden || gesture || pending || asking || saving;
  if (busy() || !study) return;
  const now = await get(`${path}/revision`).catch(() => null);
  if (!now || busy()) return;
  if (now.revision === study.history.revision) { others(now.also_here); return; }
  await load();
  notice(text('changed_by', now.changed_by ?? ''));
}
setInterval(lookAgain, 15000);
document.addEventListener('visibilitychange', lookAgain);
