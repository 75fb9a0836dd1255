// Amplitude and phase images and the rates of the curve, which are asked for while they are looked at.
import { get, text, told } from './server.js';

const byId = (id) => document.getElementById(id);
const QUIET_MS = 1200;
let stale = true;
let timer = null;
let addresses = [];

function figure({ title, alt, png }) {
  const bytes = Uint8Array.from(atob(png), (letter) => letter.charCodeAt(0));
  const address = URL.createObjectURL(new Blob([bytes], { type: 'image/png' }));
  addresses.push(address);
  const [figure, image, caption] = ['figure', 'img', 'figcaption'].map((kind) => document.createElement(kind));
  Object.assign(image, { src: address, alt });
  caption.textContent = title;
  figure.append(image, caption);
  return figure;
}

function row({ title, value, reason }) {
  const [row, name, shown] = ['tr', 'th', 'td'].map((kind) => document.createElement(kind));
  name.scope = 'row';
  name.textContent = title;
  shown.textContent = value ?? reason;
  shown.className = value === null ? 'quiet' : 'number';
  row.append(name, shown);
  return row;
}

async function show() {
  if (!stale || !byId('function').open) return;
  stale = false;
  byId('function-note').textContent = '…';
  try {
    const found = await get(`/api/study/${told.study}/function`);
    addresses.forEach((address) => URL.revokeObjectURL(address));
    addresses = [];
    byId('function-pictures').replaceChildren(...found.pictures.map(figure));
    byId('function-rows').replaceChildren(...found.rows.map(row));
    byId('function-note').textContent = found.rows.length || found.pictures.length ? found.refused.join(' ') : text('withheld');
  } catch (error) {
    stale = true;
    byId('function-note').textContent = error.message;
  }
}

/** The study was changed: what is shown is computed again when nothing more is changed for a while. */
export function functionChanged() {
  stale = true;
  clearTimeout(timer);
  timer = setTimeout(show, QUIET_MS);
}

byId('function').addEventListener('toggle', show);
