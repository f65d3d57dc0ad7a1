// Autosave: within a second of a change the draft is on this device and on its way to the server.

import { $, clock } from './dom.js';
import { encode, fill, pairs, same } from './form.js';
import { dropDraft, keepDraft, keptDraft } from './kept.js';
import { send } from './outbox.js';
import { activeMs } from './timer.js';

const AFTER_MS = 600;
const CARET = 'engraft.caret';
let article;
let clean = [];

let timer = null;

/// Saves soon after the first change: somebody who types without a pause must not wait for one.
const save = () => { timer ??= setTimeout(() => saveDraft(), AFTER_MS); };
const cancel = () => { clearTimeout(timer); timer = null; };

/// Watches an item that was opened, and brings back what was kept of it on this device.
export async function watchDraft(opened) {
  cancel();
  article = opened;
  const before = clean = pairs(opened);
  say('');
  if ('readOnly' in opened.dataset || 'trial' in opened.dataset) return;
  const kept = await keptDraft(opened.dataset.item).catch(() => null);
  // What was pressed meanwhile is newer than what was kept.
  const isUntouched = article === opened && same(pairs(opened), before);
  if (kept && !same(kept.pairs, before) && isUntouched && Number(opened.dataset.draftVersion) <= kept.draftVersion) {
    fill(opened, kept.pairs);
    say(`restored ${clock(new Date(kept.at))}`);
  }
  restoreCaret(opened);
}

/// Something changed: save soon.
export function touched() {
  if (!article || 'readOnly' in article.dataset || 'trial' in article.dataset) return;
  save();
}

/// Whether the item differs from what was opened or saved last.
export const isDirty = () => Boolean(article) && !same(pairs(article), clean);

/// Saves now; on this device first.
export async function saveDraft({ always = false } = {}) {
  cancel();
  // Nothing is on the stage, as after the last item.
  if (!article) return;
  const target = article;
  const given = pairs(target);
  if (same(given, clean) && !always) return;
  clean = given;
  target.dataset.activeMs = activeMs();
  const { item, lease, version, draftVersion } = target.dataset;
  await keepDraft(item, { pairs: given, draftVersion: Number(draftVersion), at: Date.now() }).catch(() => {});
  say(`kept on this device ${clock()}`);
  await send({ path: 'draft', item, body: { item, lease, version: Number(version), draft_version: Number(draftVersion), form: encode(given), active_ms: activeMs() } });
}

/// Stops saving, because the item leaves the stage. What is kept of it here goes when the server has the answers.
export function leaveDraft() {
  cancel();
  article = null;
}

/// The server has the draft.
export function draftSaved(item, reply) {
  dropDraft(item).catch(() => {});
  if (article?.dataset.item !== item) return;
  article.dataset.draftVersion = reply.version;
  say(`saved ${clock()}`);
}

function say(words) {
  const place = article && $('[data-saved]', article);
  if (place) place.textContent = words;
}

/// A reload comes back to the same place of the same field.
addEventListener('pagehide', () => {
  const at = document.activeElement;
  if (!article) return;
  if (isDirty()) saveDraft();
  const caret = at?.name && { name: at.name, value: at.type === 'radio' || at.type === 'checkbox' ? at.value : null, start: at.selectionStart ?? null, end: at.selectionEnd ?? null };
  sessionStorage.setItem(CARET, JSON.stringify({ item: article.dataset.item, caret, scroll: scrollY }));
});

function restoreCaret(opened) {
  const kept = JSON.parse(sessionStorage.getItem(CARET) ?? 'null');
  sessionStorage.removeItem(CARET);
  if (kept?.item !== opened.dataset.item) return;
  scrollTo(0, kept.scroll);
  if (!kept.caret) return;
  const { name, value, start, end } = kept.caret;
  const field = $(`[name="${CSS.escape(name)}"]${value == null ? '' : `[value="${CSS.escape(value)}"]`}`, opened);
  field?.focus({ preventScroll: true });
  if (start != null) field?.setSelectionRange?.(start, end);
}
