// The queue: the item on the stage, those behind it that are held and drawn already, and those that were.

import { Offline, get, post } from './api.js';
import { parseItem } from './conflict.js';
import { $, $$, el, isFocusLost, takeFocus } from './dom.js';
import { saveDraft } from './draft.js';
import { tellTimes } from './frame.js';
import { pending, send } from './outbox.js';
import { toast } from './toast.js';

const BEAT_MS = 60_000;
const RETRY_MS = 4000;
const SOON_MS = 1500;
// The most items that are kept as they were left; older ones come from the server.
const BEHIND = 50;
const bench = $('[data-dataset]');
const stage = $('#stage');
const howMany = Number(bench?.dataset.howMany ?? 3);

let ahead = [];
let finished = null;
let past = [];
let future = [];
let filling = null;
// The stage is empty and waits for an item.
let hungry = false;
let shown = () => {};
// The version of questions and guidelines that the server spoke of last.
let version = null;

/// Who hears of each item that comes on the stage.
export const onShow = (listener) => { shown = listener; };

export const current = () => $('.item', stage);

/// Puts an item on the stage, and nowhere else.
export function show(article) {
  takeOut(article.dataset.item);
  hungry = false;
  stage.replaceChildren(article);
  scrollTo(0, 0);
  // What was pressed went with the item before.
  if (isFocusLost()) takeFocus(article);
  shown(article);
  compareVersion(version);
}

/// Says so when the item on the stage asks what is not asked any more, and offers to load it anew; whether it does.
export function compareVersion(now) {
  version = now ?? version;
  const here = current()?.dataset.guideline;
  const isOld = Boolean(version && here && here !== version);
  const said = $('.renewed');
  if (!isOld) said?.remove();
  else if (!said) {
    const button = el('button', { type: 'button', class: 'button small', onclick: loadAnew }, 'Load it anew');
    stage.before(el('p', { class: 'notice warn renewed', role: 'status' }, 'The questions or the guidelines were changed since this item was loaded. What you said so far is kept where it still fits. ', button));
  }
  return isOld;
}

/// Once what was said is on this device.
async function loadAnew() {
  await Promise.race([saveDraft({ always: true }), new Promise((resolve) => { setTimeout(resolve, SOON_MS); })]);
  location.assign(`${location.pathname}?item=${encodeURIComponent(current().dataset.item)}`);
}

/// For the way back, the item that leaves the stage.
function keepBehind(article) {
  past.push(article);
  if (past.length > BEHIND) past.shift();
}

/// Held and drawn items behind the current one, up to `howMany` in all.
export function prefetch() {
  filling ??= fetchAhead().finally(() => { filling = null; });
  return filling;
}

async function fetchAhead() {
  const isAnswered = ahead.length >= howMany || await ask();
  feed();
  // Whoever looks at an empty stage can do nothing that would ask once more.
  if (!isAnswered && hungry) setTimeout(prefetch, RETRY_MS);
}

/// Asks the server for more; says whether there is no need to ask once more for want of an answer.
async function ask() {
  overtaking.clear();
  try {
    const reply = await post('next', { how_many: howMany + 1, html: true });
    const known = new Set([current(), ...ahead, ...(hungry ? [] : [...past, ...future])].map((one) => one?.dataset.item));
    for (const { item, html, guideline } of reply.items) {
      const old = ahead.findIndex((one) => one.dataset.item === item && one.dataset.guideline !== guideline);
      if (old >= 0) ahead[old] = parseItem(html);
      compareVersion(guideline);
      if (known.has(item) || left.has(item) || overtaking.has(item)) continue;
      // With nothing else to do, what was passed over comes back as it was left.
      const article = takeOut(item) ?? parseItem(html);
      ahead.push(article);
    }
    finished = reply.items.length ? null : reply.finished;
    if (!pending()) counts(reply.counts);
    return true;
  } catch (error) {
    if (error instanceof Offline || error.status === 429 || error.status === 503) return false;
    toast(error.message, { bad: true });
    return true;
  }
}

/// Fills an empty stage with the next item, or with the reason why there is none.
function feed() {
  if (!hungry) return;
  const next = ahead.shift();
  if (!next && !finished) return;
  if (next) return show(next);
  hungry = false;
  const parsed = new DOMParser().parseFromString(finished.html, 'text/html');
  stage.replaceChildren(...document.adoptNode(parsed.body).childNodes);
  tellTimes(stage);
  if (isFocusLost()) takeFocus($('.finished', stage));
}

/// After the server took something: whatever the stage waits for may be free now.
export async function refill() {
  await prefetch();
  if (hungry) await prefetch();
}

/// Items submitted or skipped here whose request may still be on its way: the server can offer them once more, and the
/// person may want them back.
const left = new Map();
/// Items whose request was answered while the server is asked for more: what it found before may still name them.
const overtaking = new Set();

/// The request of an item that left was answered.
export function arrived(item) {
  left.delete(item);
  overtaking.add(item);
}

/// The copy of an item that is not on the stage, taken from wherever it is.
export function takeOut(item) {
  const is = (one) => one.dataset.item === item;
  const found = left.get(item) ?? [...past, ...future, ...ahead].find(is);
  [past, future, ahead] = [past, future, ahead].map((list) => list.filter((one) => !is(one)));
  left.delete(item);
  return found;
}

/// The next item takes the stage at once; `keep` remembers the one that leaves, for the way back.
export async function advance({ keep = true } = {}) {
  const leaving = current();
  if (leaving) {
    takeOut(leaving.dataset.item);
    left.set(leaving.dataset.item, leaving);
    if (keep) keepBehind(leaving);
  }
  const next = future.pop() ?? ahead.shift();
  if (next) {
    show(next);
  } else {
    hungry = true;
    stage.replaceChildren(el('p', { class: 'empty' }, 'Looking for the next item…'));
  }
  await prefetch();
}

/// Back to what was on the stage before; older items come from the server.
export async function previous() {
  let back = past.pop();
  if (!back) {
    const row = await before(current()?.dataset.item);
    if (!row) return toast('This is the first item you worked on.');
    back = parseItem((await get(`mine?html=true&item=${encodeURIComponent(row.item)}`)).html);
  }
  if (current()) future.push(current());
  show(back);
}

/// Forward again, up to the item that is next in the queue.
export async function next() {
  const forward = future.pop() ?? ahead.shift();
  if (!forward) return toast('This is the newest item of your queue. Submit or skip it to go on.');
  if (current()) keepBehind(current());
  show(forward);
  prefetch();
}

/// What this person worked on before an item; before one that is new to them, the last.
async function before(item) {
  let newest;
  let from = '';
  let isNext = false;
  for (;;) {
    const page = await get(`history?limit=100${from}`);
    newest ??= page.items[0];
    if (isNext && page.items.length) return page.items[0];
    const at = page.items.findIndex((one) => one.item === item);
    if (at >= 0 && page.items[at + 1]) return page.items[at + 1];
    isNext ||= at >= 0;
    if (page.before == null) return isNext ? null : newest;
    from = `&before=${page.before}`;
  }
}

/// Brings an item of mine back on the stage as the server has it.
export async function reopen(item) {
  const reply = await get(`mine?html=true&item=${encodeURIComponent(item)}`);
  setAside();
  show(parseItem(reply.html));
}

/// Shows an item in place of another copy of it; the one on the stage goes back to the front of the queue.
export function setAside() {
  const here = current();
  if (here) ahead.unshift(here);
}

/// Prints the tabs' counts.
export function counts(numbers) {
  for (const [name, number] of Object.entries(numbers ?? {})) {
    const fewer = name === 'pending' && numbers.pending_fewer ? '< ' : '';
    for (const place of $$(`[data-count="${name}"]`)) place.textContent = fewer + number.toLocaleString('en');
  }
}

/// Skips the current item.
export async function skip(reason, activeMs) {
  const { item, lease } = current().dataset;
  const leaving = advance({ keep: false });
  await send({ path: 'skip', item, body: { item, lease, reason, active_ms: activeMs } });
  await leaving;
}

/// Tells the server that this person still holds what is here.
async function beat() {
  const held = [current(), ...ahead].filter((one) => one?.dataset.lease);
  if (!held.length || document.hidden) return;
  try {
    const reply = await post('heartbeat', { items: held.map(({ dataset: { item, lease } }) => ({ item, lease })) });
    compareVersion(reply.guideline);
    const lost = new Set(reply.items.filter((one) => !one.lease).map((one) => one.item));
    ahead = ahead.filter((one) => !lost.has(one.dataset.item));
    if (lost.has(current()?.dataset.item)) toast('Your time on this item ran out, so it may go to somebody else. Submit soon or go on with the next.', { bad: true });
  } catch { /* the outbox tells of lost connections */ }
}

setInterval(beat, BEAT_MS);
