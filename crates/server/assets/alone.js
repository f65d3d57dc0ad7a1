// An item outside the queue: in a review, or as the preview of a schema. Everything works, the page's own form posts it.

import { $ } from './dom.js';
import { applyConditions } from './form.js';
import { command, listen } from './keys.js';
import { wire } from './wire.js';
import './sheet.js';

const item = $('.item');

if (item) {
  wire(item);
  for (const event of ['change', 'refill']) item.addEventListener(event, () => applyConditions(item));
  const send = () => { const form = item.closest('form'); return form ? form.requestSubmit() : false; };
  command('submit', send);
  command('submitText', send);
  listen();
}
