// The guidelines beside the item: open and close, find words, acknowledge what changed.

import { post } from './api.js';
import { $, $$, isFocusLost, takeFocus } from './dom.js';
import { command } from './keys.js';
import { highlight } from './paint.js';
import { toast } from './toast.js';

const panel = () => $('#guidelines');
const NARROW = '(max-width: 60rem)';

function toggle() {
  const guide = panel();
  if (!guide) return false;
  if (!guide.hidden) return close();
  guide.hidden = false;
  tell();
  ($('input, button', guide) ?? guide).focus();
  return true;
}

/// A focus that was in the panel goes on to the item.
function close() {
  const within = panel().contains(document.activeElement);
  panel().hidden = true;
  tell();
  if (within || isFocusLost()) takeFocus($('.item'));
}

function tell() {
  for (const button of $$('[data-action="guidelines"]')) button.setAttribute('aria-expanded', String(!panel().hidden));
  const reminder = $('.bench > .unread');
  if (reminder) reminder.hidden = !panel().hidden;
}

function find(words) {
  const found = highlight('found');
  found.clear();
  const wanted = words.trim().toLowerCase();
  if (wanted.length < 2) return;
  const walker = document.createTreeWalker(panel(), NodeFilter.SHOW_TEXT);
  let first;
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const text = node.data.toLowerCase();
    for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length)) {
      const range = new StaticRange({ startContainer: node, startOffset: at, endContainer: node, endOffset: at + wanted.length });
      found.add(range);
      first ??= node.parentElement;
    }
  }
  first?.scrollIntoView({ block: 'nearest' });
}

async function acknowledge(button) {
  try {
    await post('guidelines/acknowledge', { version: button.dataset.version });
    $('.bench > .unread')?.remove();
    close();
    button.closest('[data-guidelines-changed]').remove();
  } catch (error) {
    toast(error.message, { bad: true });
  }
}

document.addEventListener('click', (event) => {
  const button = event.target.closest?.('[data-action]');
  if (button?.dataset.action === 'guidelines') toggle();
  if (button?.dataset.action === 'acknowledge') acknowledge(button);
});
panel()?.addEventListener('input', (event) => { if (event.target.matches('[data-action="find-guideline"]')) find(event.target.value); });
if (panel()) {
  // Where the panel would stand above the item, a button stands for it until it is asked for.
  if (matchMedia(NARROW).matches) panel().hidden = true;
  delete panel().dataset.unread;
  tell();
}
command('guidelines', toggle);
