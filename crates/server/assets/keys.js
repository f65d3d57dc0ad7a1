// Keys: which command each one stands for, who may change that, and what they do to the question at hand.

import { $, $$, isTyping } from './dom.js';
import { asked, firstOpenUnit, units } from './form.js';
import { movedKeys } from './moved.js';

const STORE = 'engraft.keys';
// Keys that options and sides have in one dataset or another: they come first, so a command would leave them everywhere.
const OF_OPTIONS = /^[0-9abhlmoqsuvwxyz=-]$/;
// What a text with marked parts has for itself, also with Shift or Alt.
const OF_MARKS = /^(Delete|Backspace|Space|Escape|Arrow(Left|Right|Up|Down)|[,.+])$/;
// What no page can have.
const OF_BROWSERS = /^Ctrl\+(Shift\+)?[tnw]$/;
// Commands that are for fields: there a plain key is a letter.
const IN_FIELDS = ['submitText', 'leave'];

/// Commands in the order of the sheet: their words and their default key.
export const COMMANDS = {
  submit: ['Submit, or go to the first open question', 'Enter'],
  submitText: ['Submit from a text box', 'Ctrl+Enter'],
  draft: ['Save a draft', 'Ctrl+s'],
  undo: ['Undo, also the last submit', 'Ctrl+z'],
  redo: ['Redo', 'Ctrl+Shift+z'],
  discard: ['Discard this draft', 'Backspace'],
  skip: ['Skip this item', 'Alt+s'],
  accept: ['Accept the suggestion', 'Space'],
  previous: ['Previous item', 'ArrowLeft'],
  next: ['Next item', 'ArrowRight'],
  questionUp: ['Previous question', 'ArrowUp'],
  questionDown: ['Next question', 'ArrowDown'],
  unitNext: ['Next passage, sentence, turn', 'j'],
  unitPrevious: ['Previous passage, sentence, turn', 'k'],
  filter: ['Filter the options', '/'],
  read: ['Go to the text', 't'],
  nextSuggestion: ['Next suggested part', 'n'],
  previousSuggestion: ['Previous suggested part', 'p'],
  relate: ['Draw an arrow from the chosen part', 'r'],
  alike: ['Mark all identical parts', 'i'],
  evidence: ['Mark the selection as evidence', 'e'],
  diff: ['Show differences', 'd'],
  guidelines: ['Guidelines', 'g'],
  comment: ['Comment', 'c'],
  flag: ['Flag for a lead', 'f'],
  leave: ['Leave a field', 'Escape'],
  help: ['This sheet', '?'],
};

const handlers = new Map();
let bound = load();
// Commands that left their key to an option of this page.
let moved = new Map();

/// What happens on a command. A handler that returns false lets the key do what it does anyway.
export const command = (name, handler) => handlers.set(name, handler);

const chosen = (name) => bound[name] ?? COMMANDS[name][1];

/// The key of a command on this page.
export const keyOf = (name) => moved.get(name) ?? chosen(name);

/// The key that a command left to an option of this page; nothing when it has its own.
export const leftTo = (name) => (moved.has(name) ? chosen(name) : null);

/// What was chosen here; what would be dead is not taken over.
function load() {
  let kept;
  try { kept = JSON.parse(localStorage.getItem(STORE)) ?? {}; } catch { kept = {}; }
  return Object.fromEntries(Object.entries(kept).filter(([name, key]) => COMMANDS[name] && !dead(name, key)));
}

/// Why a command would never hear this key; nothing when it would.
function dead(name, key) {
  if (key === COMMANDS[name][1]) return null;
  const bare = key.replace(/^((Shift|Alt)\+)+/, '');
  // Plain ones that are commands elsewhere may change places.
  const isSwapped = bare === key && Object.values(COMMANDS).some(([, usual]) => usual === key) && OF_MARKS.test(COMMANDS[name][1]);
  if (OF_MARKS.test(bare) && !isSwapped) return 'belongs to texts with marked parts';
  if (OF_OPTIONS.test(key)) return 'already means an option of some question';
  if (OF_BROWSERS.test(key)) return 'belongs to the browser';
  if (IN_FIELDS.includes(name) && !/^(Ctrl|Alt)\+/.test(key)) return 'is a letter in a field; take it with Ctrl or Alt';
  return null;
}

/// Gives a command another key; when it cannot have it, says why instead.
export function rebind(name, key) {
  const other = Object.keys(COMMANDS).find((one) => one !== name && keyOf(one) === key);
  if (other) return `already means “${COMMANDS[other][0]}”`;
  const why = dead(name, key);
  if (why) return why;
  if ($(`.option[data-key="${CSS.escape(key)}" i]`)) return 'already means an option of this question';
  bound = { ...bound, [name]: key };
  localStorage.setItem(STORE, JSON.stringify(bound));
  printHints();
  return null;
}

export function resetKeys() {
  bound = {};
  localStorage.removeItem(STORE);
  printHints();
}

function named({ key, code, altKey, ctrlKey, metaKey, shiftKey }) {
  if (key === ' ') return 'Space';
  // With Option the keys of a Mac give other characters, or none yet.
  const [, letter] = (altKey && !/^[a-z0-9]$/i.test(key) && code?.match(/^(?:Key|Digit)(.)$/)) || [];
  if (letter) return letter.toLowerCase();
  // Caps Lock makes letters large, too.
  return key.length === 1 && (ctrlKey || metaKey || altKey || !shiftKey) ? key.toLowerCase() : key;
}

/// The key of an event as it is written in [`COMMANDS`].
export function chord(event) {
  const key = named(event);
  const parts = [];
  if (event.ctrlKey || event.metaKey) parts.push('Ctrl');
  if (event.altKey) parts.push('Alt');
  if (event.shiftKey && (parts.length || key.length > 1)) parts.push('Shift');
  return [...parts, key].join('+');
}

const SIGNS = { ArrowLeft: '←', ArrowRight: '→', ArrowUp: '↑', ArrowDown: '↓', Enter: '↵', Backspace: '⌫', Escape: 'Esc' };

/// A key in the words of a keyboard. A large letter alone is one with Shift.
export const printed = (key) => (/^\p{Lu}$/u.test(key) ? `Shift+${key}` : key).split('+').map((part) => SIGNS[part] ?? (part.length === 1 ? part.toUpperCase() : part)).join(' ');

/// Prints the keys on the buttons, after looking which of them options have. While no item is there, all stays.
export function printHints() {
  const options = new Set($$('.option[data-key]').map((one) => one.dataset.key));
  if (options.size) moved = movedKeys(Object.fromEntries(Object.keys(COMMANDS).map((name) => [name, chosen(name)])), [...options]);
  for (const hint of $$('kbd[data-command]')) hint.textContent = printed(keyOf(hint.dataset.command));
}

/// The question that keys act on.
export const active = () => $('.question[data-active]');

export function activate(question, { scroll = true } = {}) {
  if (!question || question === active()) return;
  active()?.removeAttribute('data-active');
  question.dataset.active = '';
  const open = firstOpenUnit(question) ?? units(question)[0];
  if (open && !$('[data-current]', question)) setUnit(open, { scroll: false });
  if (scroll) question.scrollIntoView({ block: 'nearest' });
}

/// The passage, sentence, turn or thing that keys act on.
export const unit = (question = active()) => question && ($('[data-unit][data-current]', question) ?? null);

export function setUnit(next, { scroll = true } = {}) {
  if (!next) return;
  for (const one of units(next.closest('.question'))) one.toggleAttribute('data-current', one === next);
  if (scroll) next.scrollIntoView({ block: 'nearest' });
  next.dispatchEvent(new CustomEvent('unit', { bubbles: true }));
}

function stepUnit(by) {
  const question = active();
  const all = question ? units(question) : [];
  if (!all.length) return false;
  setUnit(all[Math.max(0, Math.min(all.length - 1, all.indexOf(unit()) + by))]);
  return true;
}

function stepQuestion(by) {
  const all = asked(document);
  if (all.length < 2) return false;
  activate(all[(all.indexOf(active()) + by + all.length) % all.length]);
  return true;
}

/// Picks the option of this key; the same key again takes it back. A large letter is no small one.
function pick(event) {
  const key = event.shiftKey ? event.key : event.key.toLowerCase();
  const means = (own) => own === event.key || own.toLowerCase() === key;
  const question = active();
  if (!question || question.disabled) return false;
  const scope = unit(question) ?? question;
  const rank = $('[data-rank]', scope);
  if (rank && /^[1-9]$/.test(key) && Number(key) <= Number(rank.max)) {
    rank.value = rank.value === key ? '' : key;
    rank.dispatchEvent(new Event('change', { bubbles: true }));
    if (rank.value) stepUnit(1);
    return true;
  }
  const option = $$('.option[data-key]', scope).find((one) => !one.hidden && means(one.dataset.key));
  if (!option) return false;
  toggle(option);
  const graded = /^(relevance|support)$/.test(question.dataset.type) && $(':checked', option);
  if (graded) stepUnit(1);
  return true;
}

/// What a click on an option does, but a chosen radio button can be taken back.
export function toggle(option) {
  const input = $('input', option);
  if (input?.type === 'radio' && input.checked) {
    input.checked = false;
    input.dispatchEvent(new Event('change', { bubbles: true }));
  } else (input ?? option).click();
}

function run(event) {
  const key = chord(event);
  const name = Object.keys(COMMANDS).find((one) => keyOf(one) === key);
  return Boolean(name && handlers.has(name) && handlers.get(name)(event) !== false);
}

/// Listens. Nothing fires while somebody types, composes a character, or has a dialog open.
export function listen() {
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.isComposing || event.keyCode === 229 || $('dialog[open]')) return;
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    const typing = isTyping(event.target);
    if (typing && plain && event.key !== 'Escape') return;
    if (typing && /^(Ctrl\+z|Ctrl\+Shift\+z)$/.test(chord(event))) return;
    const native = event.target.closest?.('a[href], button, summary, [role="button"]');
    if (native && plain && /^(Enter| )$/.test(event.key)) return;
    if (/^Arrow(Up|Down)$/.test(event.key) && event.target.scrollHeight > event.target.clientHeight + 1 && event.target.matches?.('[tabindex]:not(.item)')) return;
    if (event.target.type === 'radio' && event.key.startsWith('Arrow') && plain) return;
    if (event.target.matches?.('input[type="checkbox"], input[type="radio"]') && event.key === ' ') return;
    if ((plain && event.key.length === 1 && pick(event)) || run(event)) event.preventDefault();
  });
  // What a key does, a button does too. It may bring another item, whose button then has the focus.
  document.addEventListener('click', async (event) => {
    const name = event.target.closest?.('[data-press]')?.dataset.press;
    if (!name) return;
    await handlers.get(name)?.(event);
    if (document.activeElement.matches('body, .item')) $(`[data-press="${name}"]:not([hidden])`)?.focus({ preventScroll: true });
  });
  document.addEventListener('focusin', (event) => {
    const question = event.target.closest?.('.question');
    if (!question) return;
    activate(question, { scroll: false });
    const inside = event.target.closest('[data-unit]');
    if (inside && inside !== unit(question)) setUnit(inside, { scroll: false });
  });
  document.addEventListener('pointerdown', (event) => {
    const inside = event.target.closest?.('[data-unit]');
    const question = event.target.closest?.('.question');
    if (question) activate(question, { scroll: false });
    if (inside) setUnit(inside, { scroll: false });
  });
}

// What a page does not say otherwise.
command('unitNext', () => stepUnit(1));
command('unitPrevious', () => stepUnit(-1));
command('questionDown', () => stepQuestion(1));
command('questionUp', () => stepQuestion(-1));
command('filter', () => {
  const filter = active() && $('[data-filter]', active());
  if (!filter) return false;
  filter.focus();
  return true;
});
command('leave', () => { document.activeElement?.blur(); });
