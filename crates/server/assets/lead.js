// Pages of leads: a dashboard that is told what happens, keys of the review page, and upload.

import { diff, marked } from './diff.js';
import { tellTimes } from './frame.js';

const csrf = document.querySelector('meta[name="csrf"]')?.content ?? '';

const RETRY_MS = 5000;
// A stream ends by itself now and then, and the next one begins at once.
const SILENCE_MS = 10_000;

// Whether somebody works on a form in here: the focus is inside, or something is typed that was not sent.
const isInUse = (part) => part.contains(document.activeElement)
  || [...part.querySelectorAll('details[open] :is(input, textarea)')].some((field) => field.value !== field.defaultValue);

// Figures as they change, told by the server while somebody looks, and not put in place while a form in them is in use.
function keepFresh(figures) {
  let [stream, again, waiting, shown, quiet, heard] = [null, 0, null, null, 0, new Date()];
  const stale = figures.parentElement.insertBefore(element('p', '', 'notice warn'), figures);
  stale.setAttribute('role', 'status');
  stale.hidden = true;
  const live = () => {
    clearTimeout(quiet);
    [quiet, heard, stale.hidden] = [0, new Date(), true];
  };
  const lost = (ms) => {
    clearTimeout(quiet);
    quiet = setTimeout(() => {
      // Said once.
      if (!stale.hidden) return;
      stale.textContent = `Not live since ${heard.toTimeString().slice(0, 5)}. It goes on by itself once the studio answers; if it does not, reload this page.`;
      stale.hidden = false;
    }, ms);
  };
  const draw = (html) => {
    waiting = null;
    if (html === shown) return;
    if (isInUse(figures)) { waiting = html; return; }
    shown = html;
    const scrolled = [...figures.querySelectorAll('.scroll')].map((part) => part.scrollLeft);
    figures.replaceChildren(...parsed(html));
    figures.querySelectorAll('.scroll').forEach((part, place) => { part.scrollLeft = scrolled[place] ?? 0; });
    tellTimes(figures);
    figures.querySelectorAll('[data-fills]').forEach(fill);
    // What stands below the figures is drawn by the server once there is nothing more to wait for.
    if (figures.dataset.until && figures.querySelector(figures.dataset.until)) location.reload();
  };
  const close = () => {
    clearTimeout(again);
    clearTimeout(quiet);
    quiet = 0;
    stream?.close();
    stream = null;
  };
  const open = () => {
    close();
    stream = new EventSource(figures.dataset.live);
    stream.addEventListener('figures', ({ data }) => { live(); draw(data); });
    // The browser itself opens a stream once more that ended, but not one that was refused: nobody is signed in any
    // more, or too many pages listen.
    stream.addEventListener('error', () => {
      const isRefused = stream?.readyState === EventSource.CLOSED;
      if (isRefused) again = setTimeout(open, RETRY_MS);
      if (isRefused || !quiet) lost(isRefused ? 0 : SILENCE_MS);
    });
  };
  const drawWaiting = () => setTimeout(() => { if (waiting !== null) draw(waiting); });
  figures.addEventListener('focusout', drawWaiting);
  figures.addEventListener('toggle', drawWaiting, true);
  document.addEventListener('visibilitychange', () => (document.hidden ? close() : open()));
  addEventListener('pagehide', close);
  if (!document.hidden) open();
}

// What is large and seldom another is fetched when it is, and stays as it is otherwise.
async function fill({ dataset: { fills, from } }) {
  const part = document.getElementById(fills);
  if (!part || part.dataset.from === from) return;
  part.dataset.from = from;
  const response = await fetch(from).catch(() => null);
  const html = response?.ok ? await response.text().catch(() => null) : null;
  // By now there may be something newer.
  if (part.dataset.from !== from) return;
  if (html === null) delete part.dataset.from;
  else part.replaceChildren(...parsed(html));
}

// A key on an element with `data-key` presses it: digits pick a side in every dispute, letters follow links.
function listenForKeys() {
  makeWay();
  document.addEventListener('keydown', (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest('textarea, select, input:not([type="radio"], [type="checkbox"]), dialog, summary, a, button')) return;
    // The options of an item listen for themselves: a key is for the question at hand, not for all.
    const targets = [...document.querySelectorAll(`[data-key="${CSS.escape(event.key)}"]`)].filter((target) => !target.closest('.item'));
    if (targets.length === 0) return;
    event.preventDefault();
    for (const target of targets) {
      if (target.type === 'radio') target.checked = true;
      else target.click();
    }
    targets[0].focus();
  });
}

/// Where an option of an item has the letter of a button, the button goes to Shift and that letter, as commands do.
function makeWay() {
  const options = new Set([...document.querySelectorAll('.item .option[data-key]')].map((option) => option.dataset.key.toLowerCase()));
  for (const target of document.querySelectorAll('a[data-key], button[data-key]')) {
    if (target.closest('.item') || !options.has(target.dataset.key)) continue;
    target.dataset.key = target.dataset.key.toUpperCase();
    target.querySelector('kbd').textContent = `Shift ${target.dataset.key}`;
  }
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

// A better version shows what it changes.
function showChanges(corrected) {
  corrected.replaceChildren(...marked(diff(corrected.dataset.corrects, corrected.textContent)));
}

document.querySelectorAll('[data-corrects]').forEach(showChanges);
document.querySelectorAll('[data-live]').forEach(keepFresh);
document.querySelectorAll('form[data-import]').forEach(upload);
if (document.querySelector('[data-key]')) listenForKeys();
