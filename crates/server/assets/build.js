// The form that makes a schema: whatever is set or typed, the server draws the form, the JSON and the preview anew.

import { $, $$, later } from './dom.js';
import { toast } from './toast.js';

const TYPING_MS = 300;
const form = $('form[data-preview]');
const [parts, problems, stage] = [$('[data-parts]', form), $('[data-problems]', form), $('[data-preview-stage]')];
const { schema, was } = form.elements;
// Of the answers that are under way, only the one to the last change counts.
let turn = 0;

/// Sends the form and shows what it comes to. `what` is what a button says.
async function send(what) {
  turn += 1;
  const mine = turn;
  const pairs = new URLSearchParams(new FormData(form));
  pairs.set('do', what);
  const response = await fetch(form.dataset.preview, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-csrf-token': $('meta[name="csrf"]').content },
    body: JSON.stringify({ form: String(pairs) }),
  }).catch(() => null);
  const said = response?.ok ? await response.json().catch(() => null) : null;
  if (mine !== turn) return false;
  if (!said) {
    toast('The studio cannot be reached: what you typed is still here. Try again.', { bad: true });
    return false;
  }
  problems.innerHTML = said.list;
  parts.disabled = said.form === null;
  if (said.form !== null) {
    const isTyping = what === 'typed' && parts.contains(document.activeElement);
    (isTyping ? follow : redraw)(drawn(said.form));
    schema.value = said.schema;
    was.value = said.schema;
  }
  if (said.html !== null) {
    stage.innerHTML = said.html;
    stage.dispatchEvent(new CustomEvent('drawn', { bubbles: true }));
  }
  return true;
}

const drawn = (html) => new DOMParser().parseFromString(html, 'text/html').body;
const keepOpen = (old, fresh) => { if ('open' in old && fresh) fresh.open = old.open; };

/// While somebody types, only what depends on it is drawn anew, and never where they type.
function follow(fresh) {
  for (const place of $$('[data-follows]', parts)) {
    const next = $(`[data-follows="${CSS.escape(place.dataset.follows)}"]`, fresh);
    keepOpen(place, next);
    if (next && !place.contains(document.activeElement)) place.replaceWith(next);
  }
}

function redraw(fresh) {
  const { name } = document.activeElement ?? {};
  for (const place of $$('details[data-follows]', parts)) keepOpen(place, $(`[data-follows="${CSS.escape(place.dataset.follows)}"]`, fresh));
  const had = parts.contains(document.activeElement);
  parts.replaceChildren(...fresh.childNodes);
  if (had && name) $(`[name="${CSS.escape(name)}"]`, parts)?.focus({ preventScroll: true });
}

/// The focus stays with the part that moved, comes to the one that is new, and to a neighbour of the one that went.
function refocus(what) {
  const [verb, list, at] = what.split('.');
  const all = $$(`[data-part^="${list}."]`, parts);
  const place = { add: all.length - 1, up: at - 1, down: Number(at) + 1, remove: Math.min(at, all.length - 1), more: Number(at) }[verb];
  const part = all[place];
  const same = part && verb !== 'more' && $(`[value="${verb}.${list}.${place}"]:not(:disabled)`, part);
  const begins = { add: 'input:not([type="hidden"])', more: '.entries fieldset:last-child input:not([type="hidden"])' };
  const first = part && $(begins[verb] ?? '.moves button:not(:disabled)', part);
  (same || first || $(`[value="add.${list}"]`, parts)).focus();
  const noun = list === 'fields' ? 'Field' : 'Question';
  if (verb === 'more') return;
  if (verb === 'remove') toast(`${noun} ${Number(at) + 1} is removed.`);
  else toast(verb === 'add' ? `${noun} ${all.length} is new.` : `It is ${noun.toLowerCase()} ${place + 1} of ${all.length} now.`);
}

const typed = later(TYPING_MS, () => send('typed'));
form.addEventListener('input', (event) => {
  if (event.target.name === 'name' || event.target.name === 'guidelines') return;
  turn += 1;
  if (event.target.name.endsWith('.type')) send('look'); else typed();
});
form.addEventListener('submit', async (event) => {
  const what = event.submitter?.value;
  if (what === 'save') return;
  event.preventDefault();
  if (await send(what) && what.includes('.')) refocus(what);
});
