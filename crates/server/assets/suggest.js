// What a model suggests: one key takes it over; whether it stayed untouched is told with the answer.

import { $, $$ } from './dom.js';
import { decode, fill } from './form.js';
import { active, command } from './keys.js';

/// Wires the suggestions of an item.
export function watchSuggestions(article) {
  article.addEventListener('click', (event) => {
    const button = event.target.closest('[data-do="accept"]');
    if (button) take(button.closest('.suggestion'));
  });
}

function take(suggestion) {
  const question = suggestion.closest('.question');
  for (const other of $$('.suggestion[data-taken]', question)) delete other.dataset.taken;
  suggestion.dataset.taken = '';
  fill(question, decode(suggestion.dataset.suggestion));
}

command('accept', () => {
  const suggestion = active() && $('.suggestion:not([data-taken])', active());
  if (!suggestion) return false;
  take(suggestion);
});
