// Requests to the server, texts of the page's language, and refusals in words.

const language = document.documentElement.lang === 'ko' ? 'ko' : 'en';
export const { default: texts } = await import(`/assets/texts-${language}.js`);

/** A text with its figures: `{0}`, `{1}`. */
export function text(key, ...figures) {
  return (texts[key] ?? key).replace(/\{(\d)\}/g, (_, index) => figures[index] ?? '');
}

/** Why a request was refused: `code`, `status` and words. */
export class Refused extends Error {
  constructor(status, code, message) {
    super(texts[code] ?? text('failed', message));
    Object.assign(this, { status, code });
  }
}

async function answer(response) {
  if (response.ok) {
    const json = (response.headers.get('content-type') ?? '').startsWith('application/');
    return json ? response.json() : null;
  }
  const told = await response.json().catch(() => ({ code: 'failed', message: String(response.status) }));
  throw new Refused(response.status, told.code, told.message);
}

export async function get(path) {
  return answer(await fetch(path, { headers: { accept: 'application/json' } }));
}

export async function post(path, value) {
  return answer(await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(value),
  }));
}

export async function sendFile(file) {
  return answer(await fetch('/api/studies', {
    method: 'POST',
    headers: { 'content-type': 'application/dicom' },
    body: file,
  }));
}

/** What the server told the module of this page. */
export const told = JSON.parse(document.body.dataset.page);
