// Arrows between marked parts: choose one, press the key, choose another, press a label.

import { drawArcs } from './arcs.js';
import { $, $$, el } from './dom.js';
import { setJson } from './form.js';
import { activate, command } from './keys.js';
import { marksOf } from './spans.js';
import { toast } from './toast.js';

/// Wires the relations questions of an item.
export function watchRelations(article) {
  for (const question of $$('.question[data-type="relations"]', article)) {
    if (!question.disabled) new Arrows(article, question);
  }
}

class Arrows {
  constructor(article, question) {
    this.question = question;
    this.input = $('[data-json]', question);
    this.list = $('[data-marks]', question);
    this.marks = marksOf(article, $('[data-relations]', question).dataset.relations);
    this.from = this.to = null;
    for (const option of $$('[data-label]', question)) option.addEventListener('click', () => this.draw(option.dataset.label));
    this.marks.question.addEventListener('chosen', ({ detail }) => { if (this.from && detail && detail !== this.from) this.target(detail); });
    this.marks.input.addEventListener('change', () => this.prune());
    this.marks.alsoDraw = () => this.drawOver();
    this.input.closest('form').addEventListener('refill', () => this.show());
    this.list.addEventListener('keydown', (event) => { if (event.key === 'Delete') { this.remove(event.target); event.preventDefault(); } });
    article.addEventListener('shown', () => { article.arrows = this; this.show(); });
    this.show();
  }

  get arrows() { return JSON.parse(this.input.value || '[]'); }

  /// The chosen part is where an arrow starts.
  start() {
    if (!this.marks.chosen) return toast('Choose a marked part first: click it, or press . in the text.');
    this.from = this.marks.chosen;
    this.to = null;
    this.say(`From “${this.quote(this.from)}” to … choose the other part.`);
    this.marks.root.focus({ preventScroll: true });
  }

  target(id) {
    this.to = id;
    this.say(`From “${this.quote(this.from)}” to “${this.quote(id)}”: press a label.`);
    document.activeElement.blur();
    activate(this.question);
  }

  draw(label) {
    if (!this.from || !this.to) return toast('Choose two marked parts first.');
    const arrow = { from: this.from, to: this.to, label };
    const known = this.arrows.some((one) => one.from === arrow.from && one.to === arrow.to && one.label === label);
    this.from = this.to = null;
    this.say('');
    if (!known) setJson(this.input, [...this.arrows, arrow]);
    this.show();
  }

  remove(target) {
    const at = $$('button', this.list).indexOf(target.closest('button'));
    setJson(this.input, this.arrows.filter((_, index) => index !== at));
    this.show();
    $$('button', this.list)[Math.max(0, at - 1)]?.focus();
  }

  /// Arrows whose ends are gone go too.
  prune() {
    const kept = this.arrows.filter(({ from, to }) => this.marks.get(from) && this.marks.get(to));
    if (kept.length !== this.arrows.length) setJson(this.input, kept);
    this.show();
  }

  quote(id) { return this.marks.get(id)?.quote.slice(0, 40) ?? '?'; }

  say(words) {
    if (!this.line) this.list.before(this.line = el('p', { class: 'help', role: 'status' }));
    this.line.textContent = words;
  }

  words(label) { return $(`[data-label="${CSS.escape(label)}"] .words`, this.question)?.textContent ?? label; }

  /// Arcs over the text, drawn anew whenever the names of the parts are.
  drawOver() { drawArcs(this.marks, this.arrows.map(({ from, to, label }) => ({ from, to, words: this.words(label) }))); }

  show() {
    this.marks.namesSoon();
    this.list.replaceChildren(...this.arrows.map(({ from, to, label }) => {
      const words = this.words(label);
      return el('li', {}, el('button', { type: 'button', onclick: () => this.marks.choose(from, { scroll: true }) }, el('q', { dir: 'auto' }, this.quote(from)), ` → `, el('q', { dir: 'auto' }, this.quote(to)), el('small', {}, words)));
    }));
  }
}

command('relate', () => {
  const arrows = $('.item')?.arrows;
  return arrows ? arrows.start() : false;
});
