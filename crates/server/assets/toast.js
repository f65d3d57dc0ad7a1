// Short messages at the edge of the screen, some with a button.

import { $, el } from './dom.js';

/// Says something for some seconds; with `action`, offers a button that calls `then`.
export function toast(text, { action, then, bad = false, ms = 6000 } = {}) {
  const message = el('div', { class: bad ? 'toast bad' : 'toast' }, el('span', {}, text));
  const close = () => message.remove();
  if (action) message.append(el('button', { type: 'button', onclick: () => { close(); then(); } }, action));
  $('#toasts').append(message);
  while ($('#toasts').children.length > 3) $('#toasts').firstChild.remove();
  setTimeout(close, bad ? ms * 2 : ms);
  return close;
}
