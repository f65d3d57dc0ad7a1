// Pages of leads: a dashboard that is told what happens, keys of the review page, upload and preview.

import { tellTimes } from './frame.js';

const csrf = document.querySelector('meta[name="csrf"]')?.content ?? '';

// Figures as they change, told by the server while somebody looks, and not put in place while the focus is inside.
function keepFresh(figures) {
  let [stream, again, waiting, shown] = [null, 0, null, null];
  const draw = (html) => {
    waiting = null;
    if (html === shown) return;
    if (figures.contains(document.activeElement)) { waiting = html; return; }
    shown = html;
    const scrolled = [...figures.querySelectorAll('.scroll')].map((part) => part.scrollLeft);
    figures.replaceChildren(...parsed(html));
    figures.querySelectorAll('.scroll').forEach((part, place) => { part.scrollLeft = scrolled[place] ?? 0; });
    tellTimes(figures);
    // What stands below the figures is drawn by the server once there is nothing more to wait for.
    if (figures.dataset.until && figures.querySelector(figures.dataset.until)) location.reload();
  };
  const close = () => {
    clearTimeout(again);
    stream?.close();
    stream = null;
  };
  const open = () => {
    close();
    stream = new EventSource(figures.dataset.live);
    stream.addEventListener('figures', ({ data }) => draw(data));
    // The browser itself opens a stream once more that ended, but not one that was refused, as when too many pages listen.
    stream.addEventListener('error', () => { if (stream?.readyState === EventSource.CLOSED) again = setTimeout(open, 5000); });
  };
  figures.addEventListener('focusout', () => setTimeout(() => { if (waiting !== null) draw(waiting); }));
  document.addEventListener('visibilitychange', () => (document.hidden ? close() : open()));
  addEventListener('pagehide', close);
  if (!document.hidden) open();
}

// A key on an element with `data-key` presses it: digits pick a side in every dispute, letters follow links.
function listenForKeys() {
  document.addEventListener('keydown', (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest('textarea, select, input:not([type="radio"], [type="checkbox"]), dialog, summary, a, button')) return;
    const targets = [...document.querySelectorAll(`[data-key="${CSS.escape(event.key)}"]`)];
    if (targets.length === 0) return;
    event.preventDefault();
    for (const target of targets) {
      if (target.type === 'radio') target.checked = true;
      else target.click();
    }
    targets[0].focus();
  });
}

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function problem(error) {
  const box = element('div', undefined, 'notice bad');
  box.append(element('p', `${error.message}.`));
  if (error.hint) box.append(element('p', error.hint));
  return box;
}

// What the server drew, as elements of this page.
function parsed(html) {
  const made = new DOMParser().parseFromString(html, 'text/html');
  return document.adoptNode(made.body).childNodes;
}

// Sends the file as the body, so that it is never held in memory as a whole.
function upload(form) {
  const [bar, told, button] = [form.querySelector('progress'), form.querySelector('[data-report]'), form.querySelector('button')];
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const file = form.elements.file.files[0];
    if (!file) return;
    const query = new URLSearchParams({ format: form.elements.format.value, name: file.name, html: true });
    if (form.elements.offset_unit.value) query.set('offset_unit', form.elements.offset_unit.value);
    if (form.elements.strict.checked) query.set('strict', true);
    const request = new XMLHttpRequest();
    request.open('POST', `${form.dataset.import}?${query}`);
    request.setRequestHeader('x-csrf-token', csrf);
    request.setRequestHeader('content-type', 'application/octet-stream');
    request.responseType = 'json';
    request.upload.onprogress = (step) => { if (step.lengthComputable) bar.value = step.loaded / step.total; };
    request.upload.onload = () => told.replaceChildren(element('p', 'Uploaded; the items are being read…', 'muted'));
    const end = (...parts) => {
      told.replaceChildren(...parts);
      bar.hidden = true;
      button.disabled = false;
    };
    request.onload = () => {
      if (request.status < 300) end(...parsed(request.response.html));
      else end(problem(request.response?.error ?? { message: 'The upload failed', hint: 'Try again.' }));
    };
    request.onerror = () => end(problem({ message: 'The studio cannot be reached', hint: 'Check that it runs, then try again.' }));
    [bar.value, bar.hidden, button.disabled] = [0, false, true];
    told.replaceChildren();
    request.send(file);
  });
}

// Draws the item view of the schema as it is typed.
function preview(form) {
  const [stage, problems] = [document.querySelector('[data-preview-stage]'), form.querySelector('[data-problems]')];
  let waiting;
  let turn = 0;
  form.elements.schema.addEventListener('input', () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const mine = ++turn;
      const response = await fetch(form.dataset.preview, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-csrf-token': csrf },
        body: JSON.stringify({ schema: form.elements.schema.value }),
      }).catch(() => null);
      if (!response?.ok || mine !== turn) return;
      const { html, list } = await response.json();
      problems.innerHTML = list;
      if (html !== null) {
        stage.innerHTML = html;
        stage.dispatchEvent(new CustomEvent('drawn', { bubbles: true }));
      }
    }, 300);
  });
}

document.querySelectorAll('[data-live]').forEach(keepFresh);
document.querySelectorAll('form[data-import]').forEach(upload);
document.querySelectorAll('form[data-preview]').forEach(preview);
if (document.querySelector('[data-key]')) listenForKeys();
