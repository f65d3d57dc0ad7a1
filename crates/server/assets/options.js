// Options: own colours, and a filter for long lists that finds letters in their order.
// Where each turn of a chat has the same options, it narrows all of them and picks among those of the turn at hand.

import { $, $$ } from './dom.js';
import { toggle, unit } from './keys.js';

/// Wires the options of an item.
export function watchOptions(article) {
  for (const option of $$('[data-colour]', article)) option.style.setProperty('--hue', option.dataset.colour);
  for (const none of $$('[data-none] input', article)) {
    // Either nothing applies or something does; before anybody notes what changed, so that it is one step to undo.
    none.closest('.question').addEventListener('input', ({ target }) => {
      if (!target.checked) return;
      for (const other of $$('.option input:checked', none.closest('.question'))) if ((target === none) !== (other === none)) other.checked = false;
    });
  }
  for (const filter of $$('[data-filter]', article)) {
    filter.addEventListener('input', () => narrow(filter));
    filter.addEventListener('focus', ({ relatedTarget }) => { filter.from = relatedTarget; narrow(filter); });
    filter.addEventListener('keydown', (event) => steer(event, filter));
  }
}

const optionsOf = (filter) => $$('.option', filter.closest('.question'));
const atHand = (filter) => $$('.option', unit(filter.closest('.question')) ?? filter.closest('.question'));

function narrow(filter) {
  const wanted = filter.value.toLowerCase().replaceAll(/\s/g, '');
  const points = new Map(optionsOf(filter).map((option) => [option, score(words(option), wanted)]));
  for (const [option, many] of points) option.hidden = many === 0;
  const ranked = atHand(filter).filter((option) => !option.hidden).sort((a, b) => points.get(b) - points.get(a));
  mark(filter, wanted ? ranked[0] : null);
}

/// What is looked for in: the way to a class of a tree, else what people read.
const words = (option) => (option.closest('.tree') ? option.title : $('.words', option).textContent);

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

/// A label goes to a part of a text: whoever chose it goes on there.
function goBack(filter) {
  filter.value = '';
  narrow(filter);
  if (filter.from?.isConnected) filter.from.focus({ preventScroll: true });
  else filter.blur();
}

function steer(event, filter) {
  const visible = atHand(filter).filter((option) => !option.hidden);
  const best = visible.find((option) => 'best' in option.dataset);
  if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
    const step = event.key === 'ArrowDown' ? 1 : -1;
    mark(filter, visible[(visible.indexOf(best) + step + visible.length) % visible.length]);
  } else if (event.key === 'Enter' && !event.ctrlKey && !event.metaKey) {
    if (best) toggle(best);
    if (best?.matches('[data-label]')) goBack(filter);
    else filter.select();
  } else if (event.key === 'Escape') {
    filter.value = '';
    narrow(filter);
    filter.blur();
  } else return;
  event.preventDefault();
}
