// Finding and making elements.

export const $ = (selector, scope = document) => scope.querySelector(selector);
export const $$ = (selector, scope = document) => [...scope.querySelectorAll(selector)];

/// An element with attributes (`onclick`-like functions become listeners) and children.
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, '');
    else if (value !== false && value != null) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child != null));
  return made;
}

/// Whether keys typed into this element are text.
export function isTyping(target) {
  // Until the next frame the focus may still be in a dialog that has been closed.
  if (target.closest?.('dialog:not([open])')) return false;
  if (target.isContentEditable || target.matches?.('textarea, select')) return true;
  return target.matches?.('input:not([type="radio"], [type="checkbox"], [type="button"], [type="submit"], [type="range"])') ?? false;
}

/// Whether what had the focus is gone.
export const isFocusLost = () => !document.activeElement || document.activeElement === document.body;

/// Gives the focus to something that no key leads to, so that keys and readers go on from there.
export function takeFocus(target) {
  if (!target) return;
  target.tabIndex = -1;
  target.focus({ preventScroll: true });
}

/// Calls `then` once, `ms` after the last call.
export function later(ms, then) {
  let timer;
  const call = (...args) => { clearTimeout(timer); timer = setTimeout(then, ms, ...args); };
  return call;
}

/// The time of day as `12:03:07`.
export const clock = (date = new Date()) => date.toTimeString().slice(0, 8);
