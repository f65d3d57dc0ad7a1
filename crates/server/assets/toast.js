// Short messages at the edge of the screen, some with a button.

import { $, el } from './dom.js';

/// Where messages stand. Outside of an open dialog everything is dimmed and dead, so they stand in it until it closes.
function place() {
  const outside = $('#toasts');
  const dialog = $('dialog[open]');
  if (!dialog) return outside;
  const known = $('.toasts', dialog);
  if (known) return known;
  const inside = dialog.appendChild(el('div', { class: 'toasts', role: 'status', 'aria-live': 'polite' }));
  dialog.addEventListener('close', () => outside.append(...inside.children));
  return inside;
}

/// Says something for some seconds; with `action`, offers a button that calls `then`.
export function toast(text, { action, then, bad = false, ms = 6000 } = {}) {
  const message = el('div', { class: bad ? 'toast bad' : 'toast' }, el('span', {}, text));
  const close = () => message.remove();
  if (action) message.append(el('button', { type: 'button', onclick: () => { close(); then(); } }, action));
  const messages = place();
  messages.append(message);
  while (messages.children.length > 3) messages.firstChild.remove();
  setTimeout(close, bad ? ms * 2 : ms);
  return close;
}
