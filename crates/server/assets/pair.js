// Answers side by side: the chosen one stands out, they scroll together, and their differences can be shown.

import { $, $$ } from './dom.js';
import { diff, marked } from './diff.js';
import { active, command } from './keys.js';

/// Wires the comparisons of an item.
export function watchPairs(article) {
  for (const box of $$('[data-pair]', article)) {
    const sides = $$(`[data-sides="${CSS.escape(box.dataset.pair)}"] .side`, article);
    const show = () => {
      const choice = $(':checked', box)?.value;
      for (const side of sides) side.toggleAttribute('data-chosen', choice === `id:${side.dataset.side}`);
    };
    box.addEventListener('change', show);
    article.addEventListener('refill', show);
    show();
    const texts = sides.map((side) => $('.written', side));
    texts.forEach((text) => text.addEventListener('scroll', () => together(text, texts), { passive: true }));
    const button = $('[data-do="diff"]', box.closest('.question'));
    button.addEventListener('click', () => compare(button, texts));
    button.hidden = texts.length < 2;
  }
}

/// The others follow to the same share of their height.
function together(leader, texts) {
  const share = leader.scrollTop / Math.max(1, leader.scrollHeight - leader.clientHeight);
  for (const text of texts) {
    const top = Math.round(share * (text.scrollHeight - text.clientHeight));
    if (text !== leader && Math.abs(text.scrollTop - top) > 1) text.scrollTop = top;
  }
}

/// Every answer against the first: what it lacks in the first, what it has in itself.
function compare(button, texts) {
  const on = button.getAttribute('aria-pressed') !== 'true';
  button.setAttribute('aria-pressed', String(on));
  button.firstChild.textContent = on ? 'Hide differences' : 'Show differences';
  const plain = texts.map((text) => (text.plain ??= text.textContent));
  texts.forEach((text, at) => {
    if (!on) text.textContent = plain[at];
    else if (at === 0) text.replaceChildren(...marked(diff(plain[0], plain[1]), ['same', 'gone']));
    else text.replaceChildren(...marked(diff(plain[0], plain[at]), ['same', 'came']));
  });
}

command('diff', () => {
  const button = $('[data-do="diff"]:not([hidden])', active() ?? document) ?? $('.item [data-do="diff"]:not([hidden])');
  if (!button) return false;
  button.click();
});
