// Progress of the raters: numbers that follow, and links that are made anew.
import { post, text } from './server.js';

const message = document.getElementById('message');

document.getElementById('raters').addEventListener('click', async (event) => {
  const rater = event.target.closest('[data-rater]')?.dataset.rater;
  if (!rater) return;
  try {
    const { link } = await post('/api/annotate/links', { rater });
    const shown = document.createElement('code');
    shown.textContent = link;
    message.replaceChildren(`${text('new_link_of', rater)} `, shown);
    getSelection().selectAllChildren(shown);
  } catch (error) { message.textContent = error.message; }
});

async function refresh() {
  const response = await fetch(location.href, { headers: { accept: 'text/html' } }).catch(() => null);
  if (!response?.ok || response.redirected) return;
  const page = new DOMParser().parseFromString(await response.text(), 'text/html');
  const [now, then] = [document, page].map((whole) => whole.querySelector('#raters tbody'));
  // A button that has the focus keeps it.
  if (then && now.innerHTML !== then.innerHTML && !now.contains(document.activeElement)) now.replaceChildren(...then.childNodes);
}
setInterval(() => { if (!document.hidden) refresh(); }, 5000);
