// Numbers and lists beside the picture.
import { text } from './server.js';

const one = (value) => (value === null || value === undefined ? '-' : value.toFixed(1));
const byId = (id) => document.getElementById(id);

function item(parent, kind, content, className = '') {
  const element = document.createElement(kind);
  element.textContent = content;
  element.className = className;
  parent.append(element);
  return element;
}

export function showResult(study) {
  const { measured, automatic } = study;
  byId('lvef').textContent = measured.lvef_percent === null ? '-' : `${one(measured.lvef_percent)} %`;
  const interval = measured.low_percent === null ? '' : `${text('interval')} ${one(measured.low_percent)} – ${one(measured.high_percent)}`;
  byId('interval').textContent = measured.lvef_percent === null ? (measured.error ?? text('withheld')) : interval;
  const [now, then] = [measured.lvef_percent, automatic.lvef_percent];
  const moved = now !== null && then !== null && now !== then;
  const signed = moved ? `${now - then < 0 ? '−' : '+'}${Math.abs(now - then).toFixed(1)}` : '';
  byId('change').textContent = study.touched ? `${text('automatic')} ${one(then)} %  ${signed}` : text('automatic');
}

export function showLists(study, goTo) {
  const { measured, automatic } = study;
  const findings = byId('findings');
  findings.replaceChildren();
  for (const finding of measured.findings) {
    const line = item(findings, 'li', '', `rank ${finding.rank}`);
    item(line, 'strong', `${{ note: '•', look: '▲' }[finding.rank] ?? '✖'} ${finding.rank_in_words}: `);
    line.append(finding.message);
  }
  if (!measured.findings.length) item(findings, 'li', measured.error ?? `✓ ${text('no_findings')}`);
  const protocols = byId('protocols').tBodies[0];
  protocols.replaceChildren();
  const differs = Object.entries(measured.by_protocol).some(([name, lvef]) => automatic.by_protocol[name] !== lvef);
  if (differs) {
    const head = item(protocols, 'tr', '');
    for (const words of ['', text('now'), text('automatic')]) item(head, words ? 'th' : 'td', words, 'number');
  }
  const own = measured.protocol;
  const all = Object.entries(measured.by_protocol);
  // One of a person's own, as with a background region drawn by hand.
  if (own && !(own in measured.by_protocol)) all.unshift([own, measured.lvef_percent]);
  for (const [name, lvef] of all) {
    const row = item(protocols, 'tr', '', name === own ? 'own' : '');
    item(row, 'td', (name === own ? '▸ ' : '') + name);
    item(row, 'td', one(lvef), 'number');
    if (differs) item(row, 'td', one(automatic.by_protocol[name]), 'quiet number');
  }
  const around = measured.one_pixel_percent;
  byId('one-pixel').textContent = around ? text('one_pixel', ...around.map(one)) : '';
  const list = byId('history');
  list.replaceChildren();
  study.history.changes.forEach((change, index) => {
    const undone = index >= study.history.position;
    const line = item(list, 'li', '', undone ? 'undone' : '');
    const name = { end_diastole: 'set_ed', end_systole: 'set_es' }[change.action] ?? change.action;
    const more = change.frames > 1 ? ` (+${change.frames - 1})` : '';
    const button = item(line, 'button', `${text('frame')} ${change.frame}: ${text(name)}${more} · ${change.person}`, 'plain');
    button.addEventListener('click', () => goTo(change.frame));
  });
  list.scrollTop = list.scrollHeight;
  const statements = byId('statements');
  statements.replaceChildren();
  for (const made of study.statements) {
    const line = item(statements, 'li', '');
    const link = item(line, 'a', `${text(made.status)} ${made.version}: ${made.person}, ${new Date(made.at_ms).toLocaleString([], { timeZoneName: 'short' })}, ${one(made.lvef_percent)} %`);
    link.href = `${location.pathname}/signed/${made.version}`;
    if (made.superseded) item(line, 'em', ` ${text('changed_after')}`);
  }
  byId('provenance').textContent = text('provenance', study.model, measured.protocol || study.protocol) + (study.spacing_recorded ? '' : `. ${text('no_spacing')}`);
}
