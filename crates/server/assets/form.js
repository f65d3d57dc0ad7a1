// An item's form: its pairs, filling it in, which questions are asked, and which are still open.

import { $, $$ } from './dom.js';

const IS_ANSWER = /^[qsebn]\./;
// Told to the form, where those who draw an answer listen, when all of an item is filled.
const changed = (scope) => ($('form', scope) ?? scope).dispatchEvent(new CustomEvent('refill', { bubbles: true }));

export const questions = (article) => $$('fieldset.question', article);
export const asked = (article) => questions(article).filter((question) => !question.hidden);
export const units = (question) => $$('[data-unit]', question);

/// The names and values of everything answered in a form or a part of it.
export function pairs(scope) {
  const form = scope.closest?.('form') ?? $('form', scope);
  const inside = (control) => scope.contains(control);
  return [...form.elements]
    .filter((control) => control.name && IS_ANSWER.test(control.name) && inside(control) && !control.matches(':disabled'))
    .filter((control) => !/^(radio|checkbox)$/.test(control.type) || control.checked)
    .filter((control) => control.value !== '')
    .map((control) => [control.name, control.value]);
}

/// Whether two lists of pairs are the same.
export const same = (a, b) => a.length === b.length && a.every(([name, value], at) => name === b[at][0] && value === b[at][1]);

export const encode = (list) => new URLSearchParams(list).toString();
export const decode = (text) => [...new URLSearchParams(text)];

/// Sets every control in `scope` to what the pairs say; what they do not name becomes empty.
export function fill(scope, list) {
  const values = Map.groupBy ? Map.groupBy(list, ([name]) => name) : group(list);
  for (const control of $$('input[name], select[name], textarea[name]', scope)) {
    if (!IS_ANSWER.test(control.name)) continue;
    const wanted = (values.get(control.name) ?? []).map(([, value]) => value);
    if (/^(radio|checkbox)$/.test(control.type)) control.checked = wanted.includes(control.value);
    else control.value = wanted[0] ?? ('json' in control.dataset ? '[]' : '');
  }
  changed(scope);
}

function group(list) {
  const groups = new Map();
  for (const pair of list) groups.set(pair[0], [...(groups.get(pair[0]) ?? []), pair]);
  return groups;
}

/// Sets a hidden JSON answer and lets everybody know.
export function setJson(input, value) {
  input.value = JSON.stringify(value);
  input.dispatchEvent(new Event('change', { bubbles: true }));
}

/// Whether a question has all the parts it needs.
export function isAnswered(question) {
  const given = pairs(question).filter(([name]) => !name.startsWith('e.'));
  const each = units(question);
  switch (question.dataset.type) {
    case 'spans': case 'relations': return true;
    case 'text': case 'correction': return given.some(([, value]) => value.trim());
    case 'ranking': return each.every((unit) => $('[data-rank]', unit).value);
    case 'relevance': case 'support': return each.every((unit) => $(':checked[type="radio"]', unit));
    case 'preference': {
      const choice = given.find(([name]) => name.startsWith('q.'))?.[1];
      return Boolean(choice) && (!choice.startsWith('id:') || !$('.strength', question) || given.some(([name]) => name.startsWith('s.')));
    }
    case 'form': return given.length > 0 && $$('[data-needed]', question).every((control) => control.value.trim());
    default: return given.length > 0;
  }
}

/// The first question that must be answered and is not.
export const firstOpen = (article) => asked(article).find((question) => 'required' in question.dataset && !isAnswered(question));

/// The first part of a question that is still open.
export const firstOpenUnit = (question) => units(question).find((unit) => !$(':checked', unit) && !$('[data-rank]', unit)?.value);

/// Shows the questions whose condition holds and takes the others out of the form.
export function applyConditions(article) {
  if ('readOnly' in article.dataset) return;
  for (const question of questions(article)) {
    const { when, anyOf } = question.dataset;
    if (!when) continue;
    const given = leaves($(`fieldset.question[data-question="${CSS.escape(when)}"]`, article));
    const wanted = JSON.parse(anyOf).map(String);
    const holds = wanted.length ? given.some((value) => wanted.includes(value)) : given.length > 0;
    question.hidden = question.disabled = !holds;
  }
}

/// Every value an answer holds, as a condition compares it.
function leaves(question) {
  if (!question || question.disabled) return [];
  return pairs(question).filter(([name]) => /^[qn]\./.test(name)).flatMap(([name, value]) => {
    // That nothing applies is an answer, but no option.
    if (name.startsWith('n.')) return [''];
    if (!value.startsWith('[')) return [value];
    try {
      return JSON.parse(value).map((part) => (typeof part === 'object' ? part.label : String(part)));
    } catch {
      return [value];
    }
  });
}
