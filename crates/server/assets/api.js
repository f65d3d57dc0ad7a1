// Requests to the server, and what can go wrong with them.

import { $ } from './dom.js';

// The server itself gives up after a minute.
const PATIENCE_MS = 70_000;

/// The server could not be reached: try again later.
export class Offline extends Error {}

/// The server said no. `status` is HTTP's, `body` what it sent along.
export class Refused extends Error {
  constructor(status, body, after) {
    super(body?.error?.message ?? `the server answered ${status}`);
    Object.assign(this, { status, body, kind: body?.error?.kind, hint: body?.error?.hint, after });
  }
}

const dataset = () => encodeURIComponent($('[data-dataset]').dataset.dataset);

async function call(path, options) {
  let response;
  try {
    response = await fetch(`/api/v1/datasets/${dataset()}/${path}`, { credentials: 'same-origin', signal: AbortSignal.timeout(PATIENCE_MS), ...options });
  } catch (error) {
    throw new Offline(error.message);
  }
  const body = await response.json().catch(() => null);
  if (response.status === 401) {
    location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
    // What was to be sent waits on this device until somebody is signed in again.
    throw new Offline('signed out');
  }
  if (response.status >= 500 && !body?.error) throw new Offline(`the server answered ${response.status}`);
  if (!response.ok) throw new Refused(response.status, body, Number(response.headers.get('retry-after')) || 0);
  return body;
}

export const get = (path) => call(path, {});

export function post(path, body) {
  const headers = { 'content-type': 'application/json', 'x-csrf-token': $('meta[name="csrf"]').content };
  return call(path, { method: 'POST', headers, body: JSON.stringify(body) });
}
