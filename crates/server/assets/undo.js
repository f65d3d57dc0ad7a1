// Undo and redo within an item: every change of its form is a step.

import { fill, pairs, same } from './form.js';

const MOST = 200;
let article = null;
let past = [];
let future = [];
let now = [];
let replaying = false;

/// Starts over with an item as it is.
export function watchUndo(opened) {
  article = opened;
  past = [];
  future = [];
  now = pairs(opened);
}

/// There is nothing to step back in until another item is watched.
export function leaveUndo() {
  article = null;
  past = [];
  future = [];
}

/// Notes a change.
export function note() {
  if (replaying || !article) return;
  const next = pairs(article);
  if (same(next, now)) return;
  past.push(now);
  if (past.length > MOST) past.shift();
  future = [];
  now = next;
}

/// Goes one step back; says whether there was one.
export const undoStep = () => step(past, future);

/// Goes one step forward again.
export const redoStep = () => step(future, past);

export const canUndo = () => past.length > 0;
export const canRedo = () => future.length > 0;

function step(from, to) {
  if (!from.length || !article) return false;
  to.push(now);
  now = from.pop();
  replaying = true;
  fill(article, now);
  replaying = false;
  return true;
}
