// The `?` sheet: every command with its key; press a key's button, then another key, to change it.

import { el } from './dom.js';
import { COMMANDS, chord, command, keyOf, printed, rebind, resetKeys } from './keys.js';

function openSheet() {
  const say = el('p', { class: 'error', role: 'alert' });
  const rows = el('tbody');
  const draw = () => rows.replaceChildren(...Object.entries(COMMANDS).map(([name, [words]]) => row(name, words)));
  const row = (name, words) => {
    const button = el('button', { type: 'button', class: 'button small', 'aria-label': `${words}: ${printed(keyOf(name))}. Change` }, el('kbd', {}, printed(keyOf(name))));
    button.addEventListener('click', () => listenFor(name, button));
    return el('tr', {}, el('td', {}, words), el('td', {}, button));
  };
  const listenFor = (name, button) => {
    button.textContent = 'press a key';
    button.addEventListener('keydown', (event) => {
      if (/^(Control|Shift|Alt|Meta|Tab)$/.test(event.key)) return;
      event.preventDefault();
      event.stopPropagation();
      const taken = rebind(name, chord(event));
      say.textContent = taken ? `${printed(chord(event))} already means ${taken}. Choose another key.` : '';
      draw();
      rows.children[Object.keys(COMMANDS).indexOf(name)].querySelector('button').focus();
    }, { once: false });
  };
  draw();
  const reset = el('button', { type: 'button', class: 'button', onclick: () => { resetKeys(); draw(); } }, 'Back to the defaults');
  const close = el('button', { type: 'button', class: 'button primary', onclick: () => sheet.close() }, 'Close');
  const sheet = el('dialog', { 'aria-labelledby': 'sheet-title' },
    el('h2', { id: 'sheet-title' }, 'Keys'),
    el('p', { class: 'help' }, 'Options go by the keys printed on them: 1–9, 0, then letters. Press a button and then a key to change a command.'),
    el('p', { class: 'help' }, 'In a text with marked parts: , and . go to the part before and after, Delete removes it; + or Alt and a drag add a piece to it where parts may have gaps.'),
    say, el('table', { class: 'sheet-keys' }, rows), el('div', { class: 'row' }, reset, close));
  sheet.addEventListener('close', () => sheet.remove());
  document.body.append(sheet);
  sheet.showModal();
}

command('help', openSheet);
