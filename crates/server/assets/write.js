// Writing: how much room is left, and what a correction changes.

import { $, $$, later } from './dom.js';
import { diff, marked } from './diff.js';

/// Wires the text boxes of an item.
export function watchWriting(article) {
  for (const box of $$('.writing', article)) {
    const field = $('textarea', box);
    const show = 'original' in box.dataset ? changes(box, field) : room(box, field);
    const soon = later(120, show);
    field.addEventListener('input', soon);
    article.addEventListener('refill', show);
    show();
  }
}

function room(box, field) {
  const place = $('[data-room]', box);
  const most = Number(box.dataset.maxChars);
  return () => {
    if (!place) return;
    const left = most - [...field.value].length;
    place.textContent = left < 0 ? `${-left} characters too many` : `${left} characters left`;
    place.classList.toggle('error', left < 0);
  };
}

function changes(box, field) {
  const original = JSON.parse(box.dataset.original);
  const place = $('[data-changes]', box);
  $('[data-do="revert"]', box).addEventListener('click', () => {
    field.value = original;
    field.dispatchEvent(new Event('input', { bubbles: true }));
  });
  return () => {
    const same = field.value === original.replaceAll('\r\n', '\n');
    if (same) place.textContent = 'Nothing is changed yet.';
    else place.replaceChildren(...marked(diff(original.replaceAll('\r\n', '\n'), field.value)));
  };
}
