// What every page does: language, theme, end of the session.
import { post } from './server.js';

const remembered = localStorage.getItem('theme');
if (remembered) document.documentElement.dataset.theme = remembered;

document.getElementById('theme')?.addEventListener('click', () => {
  const light = document.documentElement.dataset.theme === 'light';
  document.documentElement.dataset.theme = light ? 'dark' : 'light';
  localStorage.setItem('theme', document.documentElement.dataset.theme);
});

for (const button of document.querySelectorAll('[data-language]')) {
  button.addEventListener('click', async () => {
    await post(`/language/${button.dataset.language}`, {});
    location.reload();
  });
}

document.getElementById('logout')?.addEventListener('click', async () => {
  await post('/logout', {});
  location.assign('/login');
});
