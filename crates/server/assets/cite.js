// Sentence by sentence with the source beside it: the cited passage opens at the words it shares with the sentence.

import { $, $$ } from './dom.js';
import { highlight } from './paint.js';
import { StoredText } from './text.js';

const sentences = new Intl.Segmenter(undefined, { granularity: 'sentence' });
const texts = new WeakMap();

/// Wires the citation questions of an item.
export function watchCitations(article) {
  for (const box of $$('[data-support]', article)) {
    box.addEventListener('unit', (event) => open(box, event.target));
    // Before anybody notes what changed, so that a key is one step to undo.
    box.addEventListener('input', (event) => tickCited(event.target));
  }
  article.addEventListener('shown', () => $$('[data-support] [data-unit][data-current]', article).forEach((unit) => open(unit.closest('[data-support]'), unit)));
}

/// The passages a sentence names by `[n]`, else by its ticks.
function cited(box, unit) {
  const sources = $$('[data-source]', box);
  const named = [...$('[data-sentence]', unit).textContent.matchAll(/\[(\d+(?:\s*,\s*\d+)*)\]/g)].flatMap(([, list]) => list.split(',').map(Number));
  const found = named.map((number) => sources[number - 1]).filter(Boolean);
  return found.length ? found : $$('.by :checked', unit).map((tick) => sources.find((source) => source.dataset.source === tick.value)).filter(Boolean);
}

function open(box, unit) {
  const open_ = cited(box, unit);
  for (const source of $$('[data-source]', box)) source.toggleAttribute('data-open', open_.includes(source));
  highlight('cited').clear();
  open_.forEach((source, at) => {
    const range = nearest(source, $('[data-sentence]', unit).textContent);
    if (range) highlight('cited').add(range);
    if (at === 0) reveal(source, range);
  });
}

/// Scrolls the sources, not the page.
function reveal(source, range) {
  const list = source.parentElement;
  const top = (range ?? source).getBoundingClientRect().top - list.getBoundingClientRect().top;
  list.scrollTo({ top: list.scrollTop + top - 40 });
}

/// The sentence of a source that shares most words with the one that cites it.
function nearest(source, sentence) {
  const place = $('.written', source);
  const text = texts.get(place) ?? new StoredText(place);
  texts.set(place, text);
  const bag = (words) => new Set(words.toLowerCase().match(/[\p{L}\p{N}]{3,}/gu) ?? []);
  const wanted = bag(sentence);
  let best = null;
  for (const { index, segment } of sentences.segment(text.text)) {
    const shared = [...bag(segment)].filter((word) => wanted.has(word)).length;
    if (shared > (best?.shared ?? 0)) best = { shared, start: index, end: index + segment.trimEnd().length };
  }
  return best && text.range(best.start, best.end);
}

/// A supported sentence is supported by what it cites, unless somebody says otherwise.
function tickCited(target) {
  const unit = target.closest('[data-unit]');
  if (!unit || target.type !== 'radio' || !target.checked) return;
  const ticks = $$('.by input', unit);
  if (target.value === 'no_citation') for (const tick of ticks) tick.checked = false;
  else if (/^(supported|partly)$/.test(target.value) && !ticks.some((tick) => tick.checked)) {
    const ids = cited(unit.closest('[data-support]'), unit).map((source) => source.dataset.source);
    for (const tick of ticks) tick.checked = ids.includes(tick.value);
  }
}
