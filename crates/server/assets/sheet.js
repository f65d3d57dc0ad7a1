// The `?` sheet: every command with its key; press a key's button, then another key, to change it.

import { el } from './dom.js';
import { COMMANDS, chord, command, keyOf, leftTo, printed, rebind, resetKeys } from './keys.js';

function openSheet() {
  const rows = el('tbody');
  const draw = () => rows.replaceChildren(...Object.entries(COMMANDS).map(([name, [words]]) => row(name, words)));
  const row = (name, words) => {
    const button = el('button', { type: 'button', class: 'button small', 'aria-label': `${words}: ${printed(keyOf(name))}. Change` }, el('kbd', {}, printed(keyOf(name))));
    button.addEventListener('click', () => listenFor(name, button));
    const left = leftTo(name);
    return el('tr', {}, el('td', {}, words, left && el('p', { class: 'help' }, `${printed(left)} is an option here.`)), el('td', {}, button));
  };
  const listenFor = (name, button) => {
    button.textContent = 'press a key';
    button.addEventListener('keydown', (event) => {
      if (/^(Control|Shift|Alt|Meta|Tab)$/.test(event.key)) return;
      event.preventDefault();
      event.stopPropagation();
      const why = rebind(name, chord(event));
      draw();
      const drawn = rows.children[Object.keys(COMMANDS).indexOf(name)];
      // Said where the person looks: the sheet is longer than a screen.
      if (why) drawn.firstChild.append(el('p', { class: 'error', role: 'alert' }, `${printed(chord(event))} ${why}. Choose another key.`));
      drawn.querySelector('button').focus();
      drawn.scrollIntoView({ block: 'nearest' });
    }, { once: false });
  };
  draw();
  const reset = el('button', { type: 'button', class: 'button', onclick: () => { resetKeys(); draw(); } }, 'Back to the defaults');
  const close = el('button', { type: 'button', class: 'button primary', onclick: () => sheet.close() }, 'Close');
  const sheet = el('dialog', { 'aria-labelledby': 'sheet-title' },
    el('h2', { id: 'sheet-title' }, 'Keys'),
    el('p', { class: 'help' }, 'Press a button and then a key to change a command. The keys of the next three lines are the same for everybody and stay.'),
    el('p', { class: 'help' }, 'Options go by the keys printed on them: 1–9, 0, then letters that are no commands; numbers by themselves, ten by 0; - where none of them applies. Where an option has the key of a command, the command goes to Shift and that letter.'),
    el('p', { class: 'help' }, 'Comparing answers: A or B is better (further ones by the keys printed on them), = equally good, 0 all bad, then 1–9 how much better. Ordering: 1–9 give the marked one its rank.'),
    el('p', { class: 'help' }, 'In a text with marked parts: , and . go to the part before and after, Delete removes it; + or Alt and a drag add a piece to it where parts may have gaps.'),
    el('table', { class: 'sheet-keys' }, rows), el('div', { class: 'row' }, reset, close));
  sheet.addEventListener('close', () => sheet.remove());
  document.body.append(sheet);
  sheet.showModal();
}

command('help', openSheet);
