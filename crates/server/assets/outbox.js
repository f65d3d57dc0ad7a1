// Sends what a person did, one after the other, and keeps it on this device until the server has it.

import { Offline, Refused, post } from './api.js';
import { $, el } from './dom.js';
import { dropRequest, keepRequest, keptRequests } from './kept.js';

const RETRY_MS = 4000;
/// The newest draft version the server told of, by item: requests written earlier must not seem stale.
export const draftVersions = new Map();

let waiting = [];
let working = null;
let refused = () => {};
let sent = () => {};

/// Who hears of the server's answers: `onSent(request, reply)` and `onRefused(request, error)`.
export function hear(onSent, onRefused) { sent = onSent; refused = onRefused; }

/// What is left from before a reload goes first.
export async function resume() {
  try { waiting = [...(await keptRequests()), ...waiting]; } catch { /* no storage: what is in memory still goes */ }
  return flush();
}

/// Queues `{path, body, item}`. Drafts that were not sent yet are replaced by a newer one of the same item.
export async function send(request) {
  if (request.path === 'draft') await forget((one) => one.path === 'draft' && one.item === request.item);
  waiting.push(request);
  try { request.number = await keepRequest(request); } catch { /* private mode: memory must do */ }
  return flush();
}

/// Takes back what was not sent yet; says whether there was something.
export async function forget(fits) {
  const gone = waiting.filter((one) => fits(one) && !one.inFlight);
  waiting = waiting.filter((one) => !gone.includes(one));
  for (const one of gone) if (one.number) await dropRequest(one.number);
  return gone.length > 0;
}

/// How many wait.
export const pending = () => waiting.length;

/// Resolves when all went out or the server cannot be reached.
function flush() {
  working ??= drain().finally(() => { working = null; });
  return working;
}

async function drain() {
  while (waiting.length) {
    const request = waiting[0];
    request.inFlight = true;
    try {
      const version = draftVersions.get(request.item);
      const body = version == null || request.path === 'skip' ? request.body : { ...request.body, draft_version: version };
      const reply = await post(request.path, body);
      await done(request);
      if (request.path === 'draft') draftVersions.set(request.item, reply.version);
      sent(request, reply);
      banner(false);
    } catch (error) {
      request.inFlight = false;
      if (error instanceof Offline || (error instanceof Refused && (error.status === 429 || error.status === 503))) {
        banner(error instanceof Offline);
        setTimeout(flush, error.after ? error.after * 1000 : RETRY_MS);
        return;
      }
      await done(request);
      refused(request, error);
    }
  }
}

async function done(request) {
  waiting = waiting.filter((one) => one !== request);
  if (request.number) await dropRequest(request.number).catch(() => {});
}

function banner(offline) {
  const shown = $('.offline');
  if (!offline) return shown?.remove();
  const words = `You are offline. ${waiting.length} ${waiting.length === 1 ? 'answer is' : 'answers are'} kept on this device and will be sent when the connection is back.`;
  if (shown) shown.textContent = words;
  else $('#stage').before(el('p', { class: 'notice warn offline', role: 'status' }, words));
}

addEventListener('online', () => flush());
