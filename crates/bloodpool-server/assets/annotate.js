// The page on which a rater draws: one image, its drawing, and what pointer and keys do.
import { get, post, told, text } from './server.js';
import { Picture } from './picture.js';
import { colourTable } from './colours.js';
import { drag } from './tools.js';
import { listKeys, onKeys } from './keys.js';

const byId = (id) => document.getElementById(id);
const [place, places] = [Number(told.place), Number(told.places)];
const path = `/api/annotate/${place}`;
const main = new Picture(byId('main'));
const canvas = byId('main');
const [OWN, PREVIEW] = ['#ffb74d', '#ffffff'];
const KEYS = [
  ['← →', 'key_images'], ['J', 'key_next_empty'], ['D', 'redraw'], ['V', 'vertex'], ['N', 'nudge'], ['B', 'brush'], ['M', 'transform'],
  ['G', 'grow'], ['S', 'smooth'], ['X', 'clear'], ['U  Y', 'key_undo'], ['[  ]', 'key_radius'], ['−  +  0', 'key_zoom'],
  ['Shift+← ↑ → ↓', 'key_draw_pointer'], ['', 'key_move'], ['?', 'key_help'],
];

let image; // What the server told, with `counts`.
let preview = null; // What a tool would give.
let tool = 'redraw';
let gesture = null; // A drag with a tool, or a pan.
let pending = null; // A region that is shown and not taken yet.
let cross = null; // The crosshair of the keyboard.
let hover = null;
let stopped = false; // A file of somebody else is in the place of the drawing.
let growth = 0.55;
const look = { window: 1, level: 0.5, table: colourTable('grey') };

// --- what is drawn

const radius = () => Number(byId('radius').value);
const outline = () => image.outline ?? { polygon: [], vertices: null };

let wanted = false;
function redraw() {
  if (wanted) return;
  wanted = true;
  requestAnimationFrame(() => { wanted = false; draw(); });
}

function draw() {
  if (!image) return;
  main.draw(image, 1, look);
  main.outline(image, outline().polygon, { colour: OWN, width: preview ? 1 : 2.5 });
  if (preview) main.outline(image, preview.polygon, { colour: PREVIEW, width: 2.5, dash: [6, 4] });
  if (tool === 'vertex' && outline().vertices) main.dots(image, outline().vertices, OWN, gesture?.drag?.index);
  if (gesture?.drag && tool === 'redraw') main.outline(image, gesture.drag.path, { colour: PREVIEW, width: 1.5 });
  const at = cross ?? hover;
  if (at && (tool === 'brush' || tool === 'nudge')) main.circle(image, at, radius(), PREVIEW);
  if (cross) main.cross(image, cross, PREVIEW);
}

// --- what the server is told and tells

function notice(words) {
  byId('notice').textContent = words;
  byId('notice').hidden = !words;
}

/** The list and the count beside the picture. */
function showProgress(state = image.outline ? 'drawn' : 'empty') {
  const link = document.querySelector('#places [aria-current]');
  link.className = state;
  link.setAttribute('aria-label', `${place}, ${text({ drawn: 'drawn', empty: 'not_drawn', stopped: 'stopped_images' }[state])}`);
  byId('done').value = image.drawn_places;
  byId('done-text').textContent = text('drawn_of', image.drawn_places, places);
}

/** Nothing more is drawn on this image: the tools are taken away. */
function stop() {
  for (const button of document.querySelectorAll('.toolbar button')) button.disabled = true;
  stopped = true;
}

function take(reply) {
  image = { ...reply, counts: image?.counts ?? reply.counts, frames: 1 };
  showProgress();
  redraw();
}

async function load() {
  const reply = await get(path);
  if (!image) {
    const response = await fetch(`${path}/picture`);
    if (!response.ok) throw new Error(text('image_changed'));
    reply.counts = new Uint16Array(await response.arrayBuffer());
  }
  take(reply);
}

async function failed(error) {
  preview = null;
  pending = null;
  byId('preview-bar').hidden = true;
  byId('saved').textContent = '';
  if (error.code === 'changed_in_window') await load().catch(() => {});
  if (error.code === 'in_the_way') {
    stop();
    image.drawn_places -= image.outline ? 1 : 0;
    showProgress('stopped');
  }
  notice(error.status === 401 ? text('rater_session_ended') : error.message);
  redraw();
}

/** A change that is kept: it is sent until the server has an answer. */
async function send(where, value) {
  byId('saved').textContent = text('saving');
  for (;;) {
    try {
      const reply = await post(`${path}/${where}`, { revision: image.revision, ...value });
      preview = null;
      take(reply);
      notice('');
      byId('saved').textContent = `✓ ${text('saved')}`;
      return reply;
    } catch (error) {
      if (error.status && error.status !== 401) { await failed(error); return null; }
      notice(error.status === 401 ? text('rater_session_ended') : text('offline'));
      await new Promise((done) => { setTimeout(done, 2000); });
    }
  }
}

let line = Promise.resolve();
let saving = 0;
/** Changes are sent one after the other, however fast keys are pressed. */
function keep(where, value) {
  if (!image || stopped) return Promise.resolve(null);
  saving += 1;
  line = line.then(() => send(where, value)).finally(() => { saving -= 1; });
  return line;
}

let asking = false;
let next = null;
/** Shows what a tool would give. While one is asked for, only the last of the others is kept. */
async function ask(edit) {
  if (asking) { next = edit; return; }
  asking = true;
  try {
    await line;
    const reply = await post(`${path}/preview`, { revision: image.revision, edit });
    if (gesture || pending) { preview = reply; redraw(); }
  } catch (error) {
    if (!['nothing_changes', 'nothing_left'].includes(error.code)) await failed(error);
  } finally {
    asking = false;
    if (next) { const later = next; next = null; if (gesture || pending) ask(later); }
  }
}

// --- pointer

function press(point, event = {}) {
  if (!image || stopped) return;
  const options = { radius: radius(), level: growth, scaling: event.shiftKey, turning: event.altKey };
  gesture = { drag: drag(tool, point, outline(), options) };
  if (tool === 'grow') {
    pending = gesture.drag;
    gesture = null;
    byId('preview-bar').hidden = false;
    ask(pending.edit());
  }
}

function move(point) {
  if (!gesture?.drag) return;
  gesture.drag.move(point);
  const edit = gesture.drag.edit();
  if (edit && tool !== 'redraw' && tool !== 'brush') ask(edit);
  redraw();
}

async function release() {
  const done = gesture?.drag;
  gesture = null;
  next = null;
  const edit = done?.edit();
  if (edit && (done.path.length > 1 || tool === 'brush')) await keep('edit', { edit });
  else { preview = null; redraw(); }
}

async function takePending(taken) {
  const edit = pending?.edit();
  pending = null;
  byId('preview-bar').hidden = true;
  if (taken && edit) await keep('edit', { edit: { ...edit, level: growth } });
  preview = null;
  redraw();
}

canvas.addEventListener('pointerdown', (event) => {
  if (!image) return;
  canvas.setPointerCapture(event.pointerId);
  canvas.focus();
  cross = null;
  if (event.button === 0 && !event.ctrlKey) press(main.pixel(image, event), event);
  else gesture = { pan: event.button === 1 || event.ctrlKey, from: [event.clientX, event.clientY], shift: [...main.shift], look: { ...look } };
});
canvas.addEventListener('pointermove', (event) => {
  if (!image) return;
  hover = main.pixel(image, event);
  if (gesture?.drag) {
    for (const one of event.getCoalescedEvents?.() ?? []) gesture.drag.move(main.pixel(image, one));
    move(hover);
  } else if (gesture) {
    const [dx, dy] = [event.clientX - gesture.from[0], event.clientY - gesture.from[1]];
    if (gesture.pan) main.shift = [gesture.shift[0] + dx * devicePixelRatio, gesture.shift[1] + dy * devicePixelRatio];
    else {
      byId('window').value = Math.max(5, Math.min(150, (gesture.look.window + dx / 400) * 100));
      byId('level').value = Math.max(0, Math.min(100, (gesture.look.level - dy / 400) * 100));
      setLook();
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
  if (pending) {
    growth = Math.max(0.1, Math.min(0.95, growth + (down ? 0.03 : -0.03)));
    pending = drag('grow', pending.path[0], outline(), { level: growth });
    ask(pending.edit());
  } else if (event.ctrlKey) zoom(down ? 1 / 1.15 : 1.15);
  else setRadius(radius() + (down ? -1 : 1));
}, { passive: false });

function zoom(factor) {
  main.zoom = Math.max(0.5, Math.min(12, main.zoom * factor));
  redraw();
}

// --- controls and keys: what is chosen is there on the next image, too

function remember() {
  const chosen = { tool, radius: radius(), window: byId('window').value, level: byId('level').value, colours: byId('colours').value };
  sessionStorage.setItem('annotate', JSON.stringify(chosen));
}

function setRadius(value) {
  byId('radius').value = value;
  byId('radius-value').textContent = byId('radius').value;
  remember();
  redraw();
}

function setLook() {
  Object.assign(look, { window: byId('window').value / 100, level: byId('level').value / 100, table: colourTable(byId('colours').value) });
  remember();
  redraw();
}

function choose(name) {
  tool = name;
  for (const button of document.querySelectorAll('[data-tool]')) button.setAttribute('aria-pressed', button.dataset.tool === name);
  remember();
  redraw();
}

/** Goes to another image when everything is saved. */
async function goTo(number) {
  await line;
  if (number >= 1 && number <= places && number !== place) location.assign(`/annotate/${number}`);
}

async function nextEmpty() {
  try {
    await line;
    const { place: number } = await get(`/api/annotate/next/${place}`);
    if (number === null) notice(text('all_drawn'));
    else await goTo(number);
  } catch (error) { await failed(error); }
}

const acts = {
  smooth: () => keep('edit', { edit: { tool: 'smooth' } }),
  clear: () => keep('edit', { edit: { tool: 'clear' } }),
  undo: () => keep('undo', {}),
  redo: () => keep('redo', {}),
};
const help = () => { listKeys(byId('keys').querySelector('tbody'), KEYS); byId('keys').showModal(); };
const fit = () => { main.zoom = 1; main.shift = [0, 0]; redraw(); };
const step = (dx, dy) => () => {
  if (!image) return;
  cross ??= [image.columns / 2, image.rows / 2];
  cross = [cross[0] + dx, cross[1] + dy];
  move(cross);
  redraw();
};

function enter() {
  if (pending) takePending(true);
  else if (gesture?.drag) release();
  else if (cross) press(cross);
}

byId('radius').addEventListener('input', (event) => setRadius(event.target.value));
for (const id of ['window', 'level']) byId(id).addEventListener('input', setLook);
byId('colours').addEventListener('change', setLook);
for (const button of document.querySelectorAll('[data-tool]')) button.addEventListener('click', () => choose(button.dataset.tool));
for (const button of document.querySelectorAll('[data-act]')) button.addEventListener('click', () => acts[button.dataset.act]());
const clicks = {
  previous: () => goTo(place - 1), next: () => goTo(place + 1), 'next-empty': nextEmpty, help, fit,
  take: () => takePending(true), 'drop-preview': () => takePending(false),
};
for (const [id, action] of Object.entries(clicks)) byId(id).addEventListener('click', action);
onKeys({
  ArrowLeft: clicks.previous, ArrowRight: clicks.next, j: nextEmpty,
  d: () => choose('redraw'), v: () => choose('vertex'), n: () => choose('nudge'), b: () => choose('brush'), m: () => choose('transform'),
  g: () => choose('grow'), s: acts.smooth, x: acts.clear, u: acts.undo, y: acts.redo, 'Ctrl+z': acts.undo, 'Ctrl+y': acts.redo,
  'Ctrl+Shift+z': acts.redo, '[': () => setRadius(radius() - 2), ']': () => setRadius(radius() + 2),
  '-': () => zoom(1 / 1.15), '+': () => zoom(1.15), '=': () => zoom(1.15), 0: fit,
  'Shift+ArrowLeft': step(-2, 0), 'Shift+ArrowRight': step(2, 0), 'Shift+ArrowUp': step(0, -2), 'Shift+ArrowDown': step(0, 2),
  Enter: enter, Escape: () => { gesture = null; cross = null; takePending(false); }, '?': help,
});
// What is not saved yet is lost with the page: the browser asks.
addEventListener('beforeunload', (event) => { if (saving > 0) event.preventDefault(); });
addEventListener('resize', redraw);

const chosen = JSON.parse(sessionStorage.getItem('annotate') ?? '{}');
for (const id of ['radius', 'window', 'level', 'colours']) if (chosen[id]) byId(id).value = chosen[id];
setRadius(radius());
setLook();
choose(chosen.tool ?? 'redraw');
document.querySelector('#places [aria-current]')?.scrollIntoView({ block: 'nearest' });
try {
  await load();
  document.documentElement.dataset.ready = 'yes';
} catch (error) {
  stop();
  notice(error.message);
  document.documentElement.dataset.ready = 'stopped';
}
