// Sends what a person did, one after the other, and keeps it on this device until the server has it.

import { Offline, post } from './api.js';
import { $, el } from './dom.js';
import { dropRequest, isKept, keepRequest, keptRequests, owner } from './kept.js';

const RETRY_MS = 4000;
// Answers that the server refused without saying that it keeps them are tried again after this.
const HELD_MS = 30_000;
/// The newest draft version the server told of, by item: requests written earlier must not seem stale.
export const draftVersions = new Map();

let waiting = [];
let keeping = Promise.resolve();
let working = null;
let again = false;
let retry;
let refused = () => {};
let sent = () => {};

/// Who hears of the server's answers: `onSent(request, reply)`, without a reply when another window sent it, and
/// `onRefused(request, error)`.
export function hear(onSent, onRefused) { sent = onSent; refused = onRefused; }

/// What is left from before a reload goes first.
export async function resume() {
  try {
    const kept = await keptRequests();
    waiting = [...kept.filter((one) => !isWaiting(one)), ...waiting];
  } catch { /* no storage: what is in memory still goes */ }
  return flush();
}

/// Queues `{path, body, item}`. A draft or an answer that was not sent yet is replaced by a newer one of the same item.
export async function send(request) {
  keeping = keeping.then(() => keep(request));
  await keeping;
  return flush();
}

/// On this device first: a window that finds it there must not send it a second time.
async function keep(request) {
  const isOlder = (one) => one.item === request.item && (one.path === 'draft' || one.path === request.path);
  if (request.path !== 'skip') await forget(isOlder);
  try { request.number = await keepRequest(request); } catch { /* private mode: memory must do */ }
  if (!isWaiting(request)) waiting.push(request);
}

const isWaiting = ({ number }) => number != null && waiting.some((one) => one.number === number);

async function forget(fits) {
  const gone = waiting.filter((one) => fits(one) && !one.inFlight);
  for (const one of gone) await done(one);
}

/// Takes the last submit or skip back before it is sent; nothing when the server has them all.
export async function takeBackUnsent() {
  await keeping;
  const isAct = ({ path }) => path !== 'draft';
  if (waiting.findLast(isAct)?.inFlight) await working;
  const last = waiting.findLast(isAct);
  if (last) await done(last);
  return last;
}

/// How many wait.
export const pending = () => waiting.length;

/// Resolves when all went out or the server cannot be reached.
function flush() {
  // What came while the last one went out must not wait for the next.
  if (working) again = true;
  working ??= alone(drain).finally(() => {
    working = null;
    if (!again) return null;
    again = false;
    return flush();
  });
  return working;
}

/// One window sends at a time: all of them share what is kept on this device.
const alone = (action) => (navigator.locks ? navigator.locks.request(`engraft/${owner()}`, action) : action());

async function drain() {
  for (let request = first(); request; request = first()) {
    request.inFlight = true;
    let reply = null;
    try {
      if (!request.number || await isKept(request.number).catch(() => true)) reply = await post(request.path, body(request));
    } catch (error) {
      request.inFlight = false;
      if (await failed(request, error)) continue;
      return;
    }
    await done(request);
    if (reply && request.path === 'draft') draftVersions.set(request.item, reply.version);
    banner();
    sent(request, reply);
  }
}

const first = () => waiting.find((one) => !one.held);

function body({ path, item, body: written }) {
  const version = draftVersions.get(item);
  return version == null || path === 'skip' ? written : { ...written, draft_version: version };
}

/// Says whether the next request may go out. Answers leave this device only when the server has them, or has read them
/// and cannot take them.
async function failed(request, error) {
  if (error instanceof Offline || error.status === 429 || error.status === 503) {
    clearTimeout(retry);
    retry = setTimeout(flush, error.after ? error.after * 1000 : RETRY_MS);
    if (error instanceof Offline) banner(`You are offline. ${kept()} and will be sent when the connection is back.`);
    else banner(`The studio is busy. ${kept()} and will be sent again.`);
    return false;
  }
  if (error.kind === 'stale_page') {
    banner(`This page is from an earlier visit. ${kept()}.`, 'Reload and send');
    return false;
  }
  if (request.path === 'submit' && error.status !== 422 && !(error.status === 409 && error.body?.kept)) {
    Object.assign(request, { held: true, why: error.message });
    setTimeout(() => { request.held = false; flush(); }, HELD_MS);
    banner();
    return true;
  }
  await done(request);
  refused(request, error);
  return true;
}

async function done(request) {
  waiting = waiting.filter((one) => one !== request);
  if (request.number) await dropRequest(request.number).catch(() => {});
}

const kept = () => `${waiting.length} ${waiting.length === 1 ? 'answer is' : 'answers are'} kept on this device`;

/// Says why something still waits here; without words, whether the server refused any of it.
function banner(words, action) {
  const held = waiting.findLast((one) => one.held);
  const say = words ?? (held && `Not taken: ${held.why}. ${kept()} and will be sent again.`);
  const shown = $('.offline');
  // Said once: what is put there anew is read out anew.
  if (shown?.firstChild.data === say) return;
  shown?.remove();
  if (!say) return;
  const reload = action && el('button', { type: 'button', class: 'button small', onclick: () => location.reload() }, action);
  $('#stage').before(el('p', { class: 'notice warn offline', role: 'status' }, say, ' ', reload));
}

addEventListener('online', () => flush());
