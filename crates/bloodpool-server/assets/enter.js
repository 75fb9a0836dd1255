// Login with a password, and exchange of a link's token, which leaves the address before it is sent.
import { post, text } from './server.js';

const message = document.getElementById('message');
const form = document.getElementById('login');

if (form) {
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    message.textContent = '';
    const fields = new FormData(form);
    try {
      await post('/login', { name: fields.get('name'), password: fields.get('password') });
      location.assign('/');
    } catch (error) {
      message.textContent = error.message;
      form.elements.password.value = '';
      form.elements.password.focus();
    }
  });
} else {
  const token = location.hash.slice(1);
  history.replaceState(null, '', '/enter');
  try {
    await post('/enter', { token });
    location.replace('/');
  } catch (error) {
    message.textContent = error.code ? error.message : text('failed', error.message);
  }
}
