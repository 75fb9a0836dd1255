// The worklist: keys, files that are dropped, and rows that come while it is looked at.
import { sendFile, text } from './server.js';

const rows = () => [...document.querySelectorAll('#studies tbody tr')];
let chosen = -1;

function choose(index) {
  const all = rows();
  if (!all.length) return;
  chosen = Math.max(0, Math.min(all.length - 1, index));
  all.forEach((row, at) => row.classList.toggle('chosen', at === chosen));
  all[chosen].querySelector('a').focus();
  all[chosen].scrollIntoView({ block: 'nearest' });
}

document.addEventListener('keydown', (event) => {
  if (event.target.matches('input') || event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === 'j' || event.key === 'ArrowDown') choose(chosen + 1);
  else if (event.key === 'k' || event.key === 'ArrowUp') choose(chosen - 1);
  else if (event.key === '/') document.getElementById('search').focus();
  else return;
  event.preventDefault();
});

document.getElementById('studies').addEventListener('click', (event) => {
  const row = event.target.closest('tr[data-href]');
  if (row && !event.target.closest('a')) location.assign(row.dataset.href);
});

const progress = document.getElementById('progress');
let said = '';

async function add(files) {
  let added = 0;
  for (const file of files) {
    try {
      await sendFile(file);
      added += 1;
      said = text('uploaded', added);
    } catch (error) {
      said = `${file.name}: ${error.message}`;
    }
    progress.textContent = said;
  }
  refresh();
}

const drop = document.getElementById('drop');
addEventListener('dragover', (event) => { event.preventDefault(); drop.hidden = false; });
addEventListener('dragleave', (event) => { if (!event.relatedTarget) drop.hidden = true; });
addEventListener('drop', (event) => { event.preventDefault(); drop.hidden = true; add(event.dataTransfer.files); });
document.getElementById('file')?.addEventListener('change', (event) => add(event.target.files));

const search = document.getElementById('search');
search.value = sessionStorage.getItem('search') ?? '';
let asked = 0;

/** What is searched for may be a patient's name: it is sent in the body and kept in this tab, and is in no address. */
function list() {
  const headers = { accept: 'text/html' };
  if (!search.value.trim()) return fetch(location.href, { headers });
  const body = JSON.stringify({ text: search.value.trim() });
  return fetch(location.href, { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body });
}

function searchAgain() {
  sessionStorage.setItem('search', search.value);
  const url = new URL(location.href);
  url.searchParams.delete('page');
  history.replaceState(null, '', url);
  chosen = -1;
  refresh();
}
search.form.addEventListener('submit', (event) => { event.preventDefault(); searchAgain(); });
search.addEventListener('input', searchAgain);

async function refresh() {
  asked += 1;
  const mine = asked;
  const response = await list().catch(() => null);
  // A later search has overtaken this one.
  if (!response?.ok || response.redirected || mine !== asked) return;
  const page = new DOMParser().parseFromString(await response.text(), 'text/html');
  for (const part of ['#studies tbody', '.tabs', '.pages']) {
    const [now, then] = [document.querySelector(part), page.querySelector(part)];
    if (then && now.innerHTML !== then.innerHTML) {
      now.replaceChildren(...then.childNodes);
      if (part === '#studies tbody' && chosen >= 0) rows()[chosen]?.classList.add('chosen');
    }
  }
  document.getElementById('no-studies').hidden = rows().length > 0;
  const jobs = page.getElementById('progress');
  progress.dataset.jobs = jobs.dataset.jobs;
  progress.textContent = jobs.textContent || said;
}
if (search.value) refresh();
setInterval(() => { if (!document.hidden) refresh(); }, 3000);
