// Comments on an item, and flags for a lead.

import { get, post } from './api.js';
import { $, el } from './dom.js';
import { tellTimes } from './frame.js';
import { command } from './keys.js';
import { toast } from './toast.js';

async function open(flag) {
  const item = $('.item')?.dataset.item;
  if (!item) return;
  const list = el('ol', { class: 'plain stack' });
  const text = el('textarea', { rows: 3, 'aria-label': flag ? 'Why a lead should look at this' : 'Comment', required: true });
  const row = (one) => el('li', {}, el('b', {}, one.by), ' ', el('time', { class: 'muted', datetime: one.at }, one.at.slice(0, 16).replace('T', ' ')), one.flag ? ' ⚑' : '', el('div', { class: 'written', dir: 'auto' }, one.text));
  const draw = (comments) => {
    list.replaceChildren(...comments.map(row));
    tellTimes(list);
  };
  const send = async (event) => {
    event.preventDefault();
    if (!text.value.trim()) return text.focus();
    // Once is enough: the first may still be on its way.
    if (button.disabled) return;
    button.disabled = true;
    try {
      await post('comments', { item, text: text.value, flag });
      dialog.close();
      toast(flag ? 'Flagged for a lead.' : 'Comment added.');
    } catch (error) {
      button.disabled = false;
      toast(error.message, { bad: true });
    }
  };
  const button = el('button', { class: 'button primary' }, flag ? 'Flag' : 'Comment');
  const dialog = el('dialog', { 'aria-labelledby': 'talk-title' },
    el('h2', { id: 'talk-title' }, flag ? 'Flag this item' : 'Comments'), list,
    el('form', { method: 'dialog', onsubmit: send }, text,
      el('div', { class: 'row' }, el('button', { type: 'button', class: 'button', onclick: () => dialog.close() }, 'Close'), button)));
  dialog.addEventListener('close', () => dialog.remove());
  dialog.addEventListener('keydown', (event) => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) send(event); });
  document.body.append(dialog);
  dialog.showModal();
  text.focus();
  try {
    draw((await get(`comments?item=${encodeURIComponent(item)}`)).comments);
  } catch (error) {
    toast(error.message, { bad: true });
  }
}

command('comment', () => { open(false); });
command('flag', () => { open(true); });
