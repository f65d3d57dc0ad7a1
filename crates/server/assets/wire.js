// An item comes to life: its questions get their keys, filters, spans, comparisons and sources.

import { watchCitations } from './cite.js';
import { $$ } from './dom.js';
import { applyConditions, asked, firstOpen } from './form.js';
import { activate, printHints } from './keys.js';
import { watchOptions } from './options.js';
import { watchPairs } from './pair.js';
import { watchPassages } from './passages.js';
import { watchRelations } from './relations.js';
import { watchSpans } from './spans.js';
import { watchSuggestions } from './suggest.js';
import { watchWriting } from './write.js';

const WATCHERS = [watchOptions, watchSuggestions, watchSpans, watchRelations, watchPairs, watchWriting, watchPassages, watchCitations];

/// Wires an item the first time it is seen, and makes its first open question the one that keys act on.
export function wire(article) {
  applyConditions(article);
  printHints();
  if (!('wired' in article.dataset)) {
    article.dataset.wired = '';
    for (const watch of WATCHERS) watch(article);
  }
  article.dispatchEvent(new Event('shown'));
  $$('.question[data-active]').forEach((one) => one.removeAttribute('data-active'));
  activate(firstOpen(article) ?? asked(article)[0], { scroll: false });
}
