// Many items at once: select rows, with Shift a whole range; one key labels them all, one undo takes it back.

import { Offline, post } from './api.js';
import { $, $$ } from './dom.js';
import { applyConditions, asked, encode, fill, pairs } from './form.js';
import { activate, command, listen, printHints } from './keys.js';
import { watchOptions } from './options.js';
import './sheet.js';
import { activeMs, startTimer } from './timer.js';
import { toast } from './toast.js';

const page = $('[data-bulk]');
const form = $('form[method="post"]', page);
const button = $('[data-do="label-all"]', page);
const boxes = () => $$('tbody input[type="checkbox"]:not(:disabled)', page);
const selected = () => boxes().filter((box) => box.checked);
// With nothing but one choice to make, making it is all that is needed.
const isOneKey = asked(page).length === 1 && /^(label|rating)$/.test(asked(page)[0].dataset.type);
let anchor = null;
// What was sent last has not come back yet.
let isOnItsWay = false;

function mark() {
  for (const box of boxes()) box.closest('tr').setAttribute('aria-selected', String(box.checked));
  const { length } = selected();
  $('[data-affects]', page).textContent = `affects ${length} ${length === 1 ? 'item' : 'items'}`;
  button.disabled = !length || !pairs(form).length;
  $('[data-do="similar"]', page).disabled = length !== 1;
  $('[data-all]', page).checked = length > 0 && length === boxes().length;
}

function click(event) {
  const row = event.target.closest('tbody tr');
  const box = row && $('input:not(:disabled)', row);
  if (!box) return;
  if (event.target !== box) box.checked = !box.checked;
  if (event.shiftKey && anchor) {
    const all = boxes();
    const [from, to] = [all.indexOf(anchor), all.indexOf(box)].sort((a, b) => a - b);
    for (const one of all.slice(from, to + 1)) one.checked = box.checked;
    getSelection().removeAllRanges();
  }
  anchor = box;
  mark();
}

async function label() {
  const items = selected().map((box) => box.value);
  const given = pairs(form);
  if (!items.length || !given.length || isOnItsWay) return;
  isOnItsWay = button.disabled = true;
  try {
    const report = await post('bulk', { items, form: encode(given), active_ms: activeMs() });
    startTimer(page);
    settle(report, 'done', true);
    if (isOneKey) fill(form, []);
    for (const { item, message } of report.refused) state(item, message, false);
    const words = `Labelled ${report.submitted.length} of ${items.length}.`;
    toast(words, { action: 'Undo', then: () => takeBack(report.undo), bad: report.refused.length > 0, ms: 15000 });
  } catch (error) {
    toast(error instanceof Offline ? 'You are offline; nothing was labelled.' : error.message, { bad: true });
  }
  isOnItsWay = false;
  mark();
}

/// Lists the items most like the one that is selected.
function findSimilar() {
  const [box] = selected();
  location.assign(`?${new URLSearchParams({ like: box.value, limit: $('[name="limit"]', page).value })}`);
}

async function takeBack(undo) {
  try {
    settle(await post('bulk/undo', { undo }), '', false);
    toast('Undone.');
  } catch (error) {
    toast(error.message, { bad: true });
  }
  mark();
}

function settle(report, words, done) {
  // A range begins at a row that can be chosen.
  anchor = null;
  for (const item of report.submitted) state(item, words, done);
}

function state(item, words, done) {
  const row = $(`tr[data-item="${CSS.escape(item)}"]`, page);
  $('[data-state]', row).textContent = words;
  const box = $('input', row);
  box.disabled = done;
  box.checked = false;
  row.setAttribute('aria-selected', 'false');
}

if (form) {
  startTimer(page);
  watchOptions(form);
  printHints();
  activate(asked(form)[0], { scroll: false });
  page.addEventListener('click', click);
  form.addEventListener('change', (event) => {
    if (event.target.matches('[data-all]')) for (const box of boxes()) box.checked = event.target.checked;
    applyConditions(form);
    mark();
    if (isOneKey && event.target.checked && event.target.closest('.question')) label();
  });
  form.addEventListener('submit', (event) => { event.preventDefault(); label(); });
  button.addEventListener('click', label);
  $('[data-do="similar"]', page).addEventListener('click', findSimilar);
  command('submit', () => { label(); });
  command('submitText', () => { label(); });
  page.addEventListener('keydown', (event) => {
    const box = event.target.matches?.('tbody input[type="checkbox"]') ? event.target : null;
    if (!box || !/^Arrow(Up|Down)$/.test(event.key)) return;
    const all = boxes();
    const next = all[all.indexOf(box) + (event.key === 'ArrowDown' ? 1 : -1)];
    if (!next) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.shiftKey) next.checked = box.checked = true;
    next.focus();
    mark();
  });
  listen();
}
