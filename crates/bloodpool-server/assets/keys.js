// One key per action, and the list of them.
import { text } from './server.js';

const LIST = [
  ['← →', 'key_frames'], ['Space', 'key_cine'], ['E  R', 'key_ed_es'], ['Shift+E  Shift+R', 'key_set'],
  ['V', 'vertex'], ['N', 'nudge'], ['B', 'brush'], ['M', 'transform'], ['D', 'redraw'], ['G', 'grow'], ['K', 'background'],
  ['S', 'smooth'], ['C', 'copy'], ['X', 'reset_frame'], ['Shift+K', 'reset_background'], ['U  Y', 'key_undo'], ['[  ]', 'key_radius'], [',  .', 'key_reach'],
  ['−  +  0', 'key_zoom'], ['Shift+← ↑ → ↓', 'key_pointer'], ['', 'key_move'], ['A', 'key_accept'], ['J', 'key_next'], ['?', 'key_help'],
];

/** Fills a table with keys and what they do; `list` has a key and the name of a text in each entry. */
export function listKeys(table, list = LIST) {
  const rows = list.map(([key, name]) => {
    const row = document.createElement('tr');
    const [left, right] = [document.createElement('td'), document.createElement('td')];
    const sign = document.createElement('kbd');
    sign.textContent = key;
    if (key) left.append(sign);
    right.textContent = text(name);
    row.append(left, right);
    return row;
  });
  table.replaceChildren(...rows);
}

/** Calls the action of each key; `actions` by key, with `Shift+` before where it is held. */
export function onKeys(actions) {
  document.addEventListener('keydown', (event) => {
    if (event.target.matches('input:not([type=range]), select, textarea') || document.querySelector('dialog[open]')) return;
    if (event.target.matches('button, a') && (event.key === 'Enter' || event.key === ' ')) return;
    if (event.target.matches('input[type=range]') && event.key.startsWith('Arrow')) return;
    const letter = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const held = (event.ctrlKey || event.metaKey ? 'Ctrl+' : '') + (event.shiftKey && /^[a-z]$|^Arrow/.test(letter) ? 'Shift+' : '');
    const action = actions[held + letter];
    if (!action || event.altKey) return;
    event.preventDefault();
    action(event);
  });
}
