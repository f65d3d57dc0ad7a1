// Changed elsewhere: keep mine, take theirs, or compare first. Nothing is overwritten without a word.

import { $, $$, el } from './dom.js';
import { decode, fill, pairs, questions, same } from './form.js';

/// An item as the server has it now, out of the HTML it sent along.
export function parseItem(html) {
  const parsed = new DOMParser().parseFromString(html, 'text/html');
  return document.adoptNode($('.item', parsed));
}

/// Whether a request's form says what an item says.
export const sameAnswers = (mine, theirs) => same(decode(mine).filter(([name]) => name !== 'accepted'), pairs(theirs));

/// Asks; resolves to `mine`, `theirs` or `later`. `mine` is an article filled with this person's answers.
export function askConflict(mine, theirs) {
  const table = comparison(mine, theirs);
  table.hidden = true;
  return new Promise((resolve) => {
    const choose = (choice) => () => { resolve(choice); dialog.close(); };
    const button = (words, then, main) => el('button', { type: 'button', class: main ? 'button primary' : 'button', onclick: then }, words);
    const dialog = el('dialog', { 'aria-labelledby': 'conflict-title' },
      el('h2', { id: 'conflict-title' }, 'Changed elsewhere'),
      el('p', {}, 'This item was changed in another window or on another device since you opened it here. Which answers should stay?'),
      table,
      el('div', { class: 'row' }, button('Compare', () => { table.hidden = !table.hidden; }), button('Decide later', choose('later')), button('Take theirs', choose('theirs')), button('Keep mine', choose('mine'), true)));
    // Closing without a choice is none: nothing is sent, and nothing is lost.
    dialog.addEventListener('close', () => { resolve('later'); dialog.remove(); });
    document.body.append(dialog);
    dialog.showModal();
  });
}

function comparison(mine, theirs) {
  const rows = questions(mine).map((question) => {
    const { question: name } = question.dataset;
    const other = $(`fieldset.question[data-question="${CSS.escape(name)}"]`, theirs);
    const [ours, others] = [words(question), other ? words(other) : ''];
    return el('tr', { 'data-differs': ours !== others }, el('th', { scope: 'row' }, $('legend', question).textContent), el('td', { dir: 'auto' }, ours || '–'), el('td', { dir: 'auto' }, others || '–'));
  });
  const head = el('tr', {}, el('td'), el('th', { scope: 'col' }, 'Mine'), el('th', { scope: 'col' }, 'Theirs'));
  return el('table', { class: 'compare' }, el('thead', {}, head), el('tbody', {}, ...rows));
}

/// What a question's controls say, in words.
function words(question) {
  const chosen = $$('input:checked, option:checked:not([value=""])', question).map((input) => (input.closest('label')?.querySelector('.words') ?? input.closest('label') ?? input).textContent.trim());
  const written = $$('textarea, input[type="text"], input[type="number"], input[type="date"]', question).map((field) => field.value).filter(Boolean);
  const hidden = $$('[data-json]', question).flatMap((field) => JSON.parse(field.value)).map((part) => (part.label ? `${part.label}: ${part.quote ?? `${part.from} → ${part.to}`}` : part.join('–')));
  return [...chosen, ...written, ...hidden].join('\n');
}

/// A copy of an item filled with a request's pairs, to compare with.
export function withPairs(article, list) {
  const copy = article.cloneNode(true);
  fill(copy, list);
  return copy;
}
