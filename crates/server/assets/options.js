// Options: own colours, and a filter for long lists that finds letters in their order.

import { $, $$ } from './dom.js';
import { toggle } from './keys.js';

/// Wires the options of an item.
export function watchOptions(article) {
  for (const option of $$('[data-colour]', article)) option.style.setProperty('--hue', option.dataset.colour);
  for (const filter of $$('[data-filter]', article)) {
    filter.addEventListener('input', () => narrow(filter));
    filter.addEventListener('keydown', (event) => steer(event, filter));
  }
}

const optionsOf = (filter) => $$('.option', filter.closest('.question'));

function narrow(filter) {
  const wanted = filter.value.toLowerCase().replaceAll(/\s/g, '');
  const ranked = optionsOf(filter).map((option) => [score(option.title || option.textContent, wanted), option]);
  for (const [points, option] of ranked) option.hidden = points === 0;
  mark(filter, wanted ? ranked.filter(([points]) => points).sort(([a], [b]) => b - a)[0]?.[1] : null);
}

/// 0: the letters are not there in this order; more for letters that stand together and at the start of words.
function score(words, wanted) {
  const text = words.toLowerCase();
  let points = 1;
  let at = -1;
  for (const letter of wanted) {
    const found = text.indexOf(letter, at + 1);
    if (found < 0) return 0;
    points += found === at + 1 ? 3 : /\W/.test(text[found - 1] ?? ' ') ? 2 : 0;
    at = found;
  }
  return points;
}

function mark(filter, best) {
  for (const option of optionsOf(filter)) option.toggleAttribute('data-best', option === best);
  best?.scrollIntoView({ block: 'nearest' });
}

function steer(event, filter) {
  const visible = optionsOf(filter).filter((option) => !option.hidden);
  const best = visible.find((option) => 'best' in option.dataset);
  if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
    const step = event.key === 'ArrowDown' ? 1 : -1;
    mark(filter, visible[(visible.indexOf(best) + step + visible.length) % visible.length]);
  } else if (event.key === 'Enter' && !event.ctrlKey && !event.metaKey) {
    if (best) toggle(best);
    filter.select();
  } else if (event.key === 'Escape') {
    filter.value = '';
    narrow(filter);
    filter.blur();
  } else return;
  event.preventDefault();
}
