// The page where people answer: joins the item on the stage with keys, drafts, undo, the queue and the special questions.

import { Refused, get, post } from './api.js';
import { askConflict, parseItem, sameAnswers, withPairs } from './conflict.js';
import { $, $$ } from './dom.js';
import { draftSaved, isDirty, leaveDraft, saveDraft, touched, watchDraft } from './draft.js';
import { applyConditions, decode, encode, fill, firstOpen, firstOpenUnit, isAnswered, pairs, units } from './form.js';
import { dropDraft, keepDraft } from './kept.js';
import { activate, command, listen, printHints, setUnit } from './keys.js';
import { draftVersions, hear, resume, send, takeBackUnsent } from './outbox.js';
import { advance, arrived, compareVersion, counts, current, next, onShow, prefetch, previous, refill, reopen, setAside, show, skip, takeOut } from './queue.js';
import { activeMs, startTimer } from './timer.js';
import { toast } from './toast.js';
import { canRedo, canUndo, leaveUndo, note, redoStep, undoStep, watchUndo } from './undo.js';
import { wire } from './wire.js';
import './guide.js';
import './talk.js';
import './sheet.js';

// A submit or a skip of this page, which the server may not have yet.
let acted = false;
let forgetSubmit = () => {};

/// Takes up an item that came on the stage.
function opened(article) {
  startTimer(article, Number(article.dataset.activeMs ?? 0));
  wire(article);
  watchUndo(article);
  watchDraft(article);
  buttons();
}

function buttons() {
  const article = current();
  if (!article) return;
  const show = (name, yes) => { const button = $(`[data-press="${name}"]`, article); if (button) button.hidden = !yes; };
  show('discard', article.dataset.status === 'draft' || isDirty());
  show('undo', canUndo() || hasActed());
  show('redo', canRedo());
}

/// Whether there is a submit or a skip to take back.
const hasActed = () => acted || $$('[data-count="submitted"], [data-count="skipped"]').some((count) => count.textContent !== '0');

function changed(event) {
  const article = event.target.closest?.('.item');
  if (!article || article !== current()) return;
  applyConditions(article);
  for (const question of $$('[data-missing]', article)) if (isAnswered(question)) unmark(question);
  note();
  touched();
  buttons();
}

function unmark(question) {
  delete question.dataset.missing;
  $('[data-error]', question).hidden = true;
}

function complain(question, words) {
  question.dataset.missing = '';
  const place = $('[data-error]', question);
  place.textContent = words;
  place.hidden = false;
  activate(question);
  const open = firstOpenUnit(question);
  if (open) setUnit(open);
}

/// The questions whose suggestion was taken over and still stands, as pairs of the form.
const accepted = (article) => $$('.suggestion[data-taken]', article)
  .filter((one) => encode(pairs(one.closest('.question')).sort()) === encode(decode(one.dataset.suggestion).sort()))
  .map((one) => ['accepted', one.closest('.question').dataset.question]);

/// The item leaves the stage: nothing of it is to be saved or undone any more.
function leave() {
  leaveDraft();
  leaveUndo();
}

async function submit() {
  const article = current();
  if (!article || 'readOnly' in article.dataset || 'trial' in article.dataset) return;
  const open = firstOpen(article);
  if (open) return complain(open, units(open).length ? 'Some parts are still open.' : 'Please answer this question.');
  const { item, lease, version } = article.dataset;
  const body = { item, lease, version: Number(version), draft_version: Number(article.dataset.draftVersion), form: encode([...pairs(article), ...accepted(article)]), active_ms: activeMs() };
  article.dataset.activeMs = body.active_ms;
  article.dataset.status = 'submitted';
  leave();
  acted = true;
  const leaving = advance();
  // Undo is about the last submit only, so no more than one message offers it.
  forgetSubmit();
  forgetSubmit = toast('Submitted.', { action: 'Undo', then: takeBack });
  await Promise.all([send({ path: 'submit', item, body }), leaving]);
}

const tell = (error) => { toast(error.message, { bad: true }); };

/// Undoes a change of this item or, when there is none left, the last submit or skip.
const undo = () => undoStep() || takeBack();

async function takeBack() {
  forgetSubmit();
  await saveDraft();
  const unsent = await takeBackUnsent();
  if (unsent) return bringBack(unsent);
  let reply;
  try {
    reply = await post('undo', {});
  } catch (error) {
    return toast(error instanceof Refused ? error.message : 'Offline: the last submit cannot be undone now.', { bad: true });
  }
  draftVersions.set(reply.item, reply.draft_version);
  setAside();
  show(parseItem(reply.html));
  counts(reply.counts);
  toast('Undone: the item is a draft again.');
}

/// Puts the item of a request that is not on its way any more back on the stage, with everything that was said.
async function bringBack({ item, body }) {
  await keepHere(item, body.form, draftVersions.get(item) ?? body.draft_version);
  const article = takeOut(item);
  if (article) {
    article.dataset.status = 'draft';
    setAside();
    return show(article);
  }
  try {
    await reopen(item);
    if (body.form != null) fill(current(), decode(body.form));
  } catch (error) {
    toast(`${error.message}; your answers are kept on this device.`, { bad: true });
  }
}

/// Keeps the form of a request on this device; a skip has none.
async function keepHere(item, form, draftVersion) {
  if (form == null) return;
  const given = decode(form).filter(([name]) => name !== 'accepted');
  await keepDraft(item, { pairs: given, draftVersion: Number(draftVersion ?? 0), at: Date.now() }).catch(() => {});
}

function discard() {
  const article = current();
  const before = encode(pairs(article));
  if (!before) return;
  fill(article, []);
  toast('Draft discarded.', { action: 'Undo', then: () => fill(article, decode(before)) });
}

/// The server took a request; without a reply, another window sent it.
function taken(request, reply) {
  if (reply && request.path === 'draft') return draftSaved(request.item, reply);
  // After a reload the item stands there once more, until what was said of it before has arrived.
  const here = current();
  const isOld = here?.dataset.item === request.item && here.dataset.status !== 'submitted';
  if (isOld && (!isDirty() || sameAnswers(request.body.form ?? '', here))) {
    leave();
    advance({ keep: false });
  }
  arrived(request.item);
  if (!reply) return refill();
  dropDraft(request.item).catch(() => {});
  draftVersions.delete(request.item);
  counts(reply.counts);
  const copy = $$('.item').find((one) => one.dataset.item === request.item);
  if (copy) copy.dataset.version = reply.version;
  if (reply.gold) toast(`The known answer of the last item differs from yours in: ${reply.gold.titles.map((title) => `“${title}”`).join(', ')}.`, { action: 'Look', then: () => reopen(request.item).catch(tell), ms: 12000 });
  return refill();
}

/// The server refused a request: say why, and bring the item back with everything that was said.
async function refused(request, error) {
  const theirs = error.status === 409 && error.body?.current?.html ? parseItem(error.body.current.html) : null;
  if (theirs && request.body.form != null) return settle(request, theirs);
  if (request.path === 'submit') forgetSubmit();
  const now = error.status === 422 ? await get(`mine?item=${encodeURIComponent(request.item)}`).catch(() => null) : null;
  // What is said of a draft is on this device; of an answer it comes back on the stage, and that says why.
  const isOld = compareVersion(now?.guideline);
  if (!isOld) toast(`${error.message}${error.hint ? ` – ${error.hint}` : ''}`, { bad: true });
  // A draft stays on this device; answers to an item that is nobody's any more are a draft on the server.
  if (request.path === 'draft' || error.status === 409) {
    arrived(request.item);
    return refill();
  }
  await saveDraft();
  return bringBack(request);
}

async function settle({ path, item, body }, theirs) {
  arrived(item);
  const { version, draftVersion } = theirs.dataset;
  if (path === 'draft' && sameAnswers(body.form, theirs)) return draftSaved(item, { version: draftVersion });
  draftVersions.set(item, Number(draftVersion));
  const form = current()?.dataset.item === item ? encode(pairs(current())) : body.form;
  await keepHere(item, form, draftVersion);
  const mine = withPairs(theirs, decode(form));
  const choice = await askConflict(mine, theirs);
  if (choice === 'mine') {
    if (current()?.dataset.item === item) Object.assign(current().dataset, { version, draftVersion });
    return send({ path, item, body: { ...body, version: Number(version), draft_version: Number(draftVersion) } });
  }
  if (choice === 'theirs') await dropDraft(item).catch(() => {});
  if (current()?.dataset.item !== item) setAside();
  show(choice === 'theirs' ? theirs : mine);
}

command('submit', submit);
command('submitText', submit);
command('draft', () => saveDraft({ always: true }));
command('undo', undo);
command('redo', () => { redoStep(); });
command('discard', discard);
command('previous', async () => { await saveDraft(); await previous().catch(tell); });
command('next', async () => { await saveDraft(); await next(); });
command('skip', () => {
  const details = $('details.skip', current());
  if (!details) return false;
  details.open = !details.open;
  $(details.open ? 'select' : 'summary', details).focus();
});
command('leave', () => {
  $$('details[open]').forEach((one) => { one.open = false; });
  document.activeElement?.blur();
});

const stage = $('#stage');
stage.addEventListener('change', changed);
stage.addEventListener('input', changed);
stage.addEventListener('refill', changed);
stage.addEventListener('submit', (event) => {
  event.preventDefault();
  const how = event.submitter?.value ?? 'submit';
  if (how === 'skip') { leave(); acted = true; return skip($('[name="reason"]', current()).value, activeMs()); }
  return how === 'draft' ? saveDraft({ always: true }) : submit();
});

hear(taken, refused);
onShow(opened);
listen();
printHints();
if (current()) opened(current());
resume().then(prefetch);
