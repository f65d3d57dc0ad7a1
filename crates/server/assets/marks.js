// The marked parts of one text: what is marked, what is chosen, and how that is painted and listed.

import { $, $$, el } from './dom.js';
import { setJson } from './form.js';
import { drawNames, highlight, lanes, line } from './paint.js';
import { StoredText } from './text.js';

// The most rows of the list of parts.
const LISTED = 100;
const RTL = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

export class Marks {
  constructor(article, question) {
    this.article = article;
    this.question = question;
    this.box = $('[data-spans]', question);
    this.input = $('[data-json]', question);
    this.root = $(`[data-text="${CSS.escape(this.box.dataset.spans)}"]`, article);
    this.list = $('[data-marks]', question);
    this.options = new Map($$('[data-label]', question).map((one) => [one.dataset.label, one]));
    this.chosen = null;
    this.parts = [];
    this.sights = new WeakMap();
    this.rows = new Map();
    this.from = 0;
    this.count = $('[data-count-marks]', question);
  }

  /// Reads the page when it is needed for the first time.
  get text() {
    this.stored ??= new StoredText(this.root);
    return this.stored;
  }

  get spans() { return this.read ??= JSON.parse(this.input.value || '[]'); }

  /// UTF-16 offsets of a span, of all of it or of each part.
  ends(span) { return [this.text.offset(span.char_start), this.text.offset(span.char_end)]; }
  pieces(span) { return (span.parts?.length ? span.parts : [[span.char_start, span.char_end]]).map((part) => part.map((at) => this.text.offset(at))); }

  /// A span over UTF-16 offsets, with its quote; in the key order of the server, so that equal spans are equal text.
  make(label, start, end, id) {
    const { text } = this;
    return { char_start: text.point(start), char_end: text.point(end), label, quote: text.slice(start, end), id: id ?? this.newId() };
  }

  newId() {
    const taken = new Set(this.spans.map((span) => span.id));
    let number = this.spans.length + 1;
    while (taken.has(`s${number}`)) number += 1;
    return `s${number}`;
  }

  /// Replaces the spans and says so. `chosen` names the one to choose.
  write(spans, chosen = this.chosen) {
    spans.sort((a, b) => a.char_start - b.char_start || a.char_end - b.char_end || (a.label < b.label ? -1 : 1));
    this.read = spans;
    this.chosen = spans.some((span) => span.id === chosen) ? chosen : null;
    this.draw();
    setJson(this.input, spans);
  }

  /// Whether another span shares characters with `[start, end)` and the question forbids that.
  clashes(start, end, but) {
    if ('overlapping' in this.box.dataset) return null;
    const [from, to] = [this.text.point(start), this.text.point(end)];
    return this.spans.find((span) => span.id !== but && span.char_start < to && from < span.char_end) ?? null;
  }

  choose(id, { scroll = false } = {}) {
    this.chosen = id;
    this.draw();
    this.question.dispatchEvent(new CustomEvent('chosen', { bubbles: true, detail: id }));
    if (!id || !scroll) return;
    const [start, end] = this.ends(this.get(id));
    this.text.place(start)[0].parentElement.scrollIntoView({ block: 'nearest' });
    const rect = this.text.range(start, end).getBoundingClientRect();
    if (rect.top < 60 || rect.bottom > innerHeight - 120) scrollBy(0, rect.top - innerHeight / 2);
  }

  get(id) { return this.spans.find((span) => span.id === id); }

  hue(label) { const option = this.options.get(label); return option?.dataset.colour ?? `var(--c${option?.dataset.place ?? 7})`; }
  words(label) { return $('.words', this.options.get(label) ?? el('i'))?.textContent ?? label; }

  /// What models suggest and is not marked yet.
  get maybe() {
    if (!this.suggested.length) return [];
    const has = new Set(this.spans.map((span) => `${span.char_start} ${span.char_end} ${span.label}`));
    return this.suggested.filter((span) => !has.has(`${span.char_start} ${span.char_end} ${span.label}`));
  }

  get suggested() {
    this.offered ??= $$('.suggestion', this.question).flatMap((one) => {
      const value = new URLSearchParams(one.dataset.suggestion).get(this.input.name);
      return JSON.parse(value ?? '[]').map((span) => ({ ...span, from: one }));
    });
    return this.offered;
  }

  /// What painting needs to know of a span, worked out once: spans are never changed, only replaced.
  sight(span, maybe) {
    const known = this.sights.get(span);
    if (known) return known;
    const option = this.options.get(span.label);
    const [start, end] = this.ends(span);
    const sight = {
      span, maybe, start, end, place: option?.dataset.place ?? 7, colour: option?.dataset.colour,
      name: this.words(span.label), hue: this.hue(span.label), rtl: RTL.test(this.text.slice(start, start + 1)),
      ranges: this.pieces(span).map((piece) => this.text.staticRange(...piece)), line: null,
    };
    this.sights.set(span, sight);
    return sight;
  }

  /// Paints what changed since the last time.
  draw() {
    const { maybe } = this;
    const shown = [...this.spans.map((span) => this.sight(span, false)), ...maybe.map((span) => this.sight(span, true))];
    shown.sort((a, b) => a.start - b.start || b.end - a.end);
    const lane = lanes(shown);
    this.setLanes(lane.reduce((most, one) => Math.max(most, one + 1), 1));
    const now = new Set(shown);
    for (const one of this.parts) if (!now.has(one)) this.paint(one, null);
    shown.forEach((one, at) => this.paint(one, line(one.place, one.colour, lane[at], one.maybe)));
    this.parts = shown;
    highlight('chosen').clear();
    const chosen = this.chosen && this.get(this.chosen);
    if (chosen) for (const range of this.sight(chosen, false).ranges) highlight('chosen').add(range);
    this.drawList();
    this.namesSoon();
  }

  paint(one, line_) {
    if (one.line === line_) return;
    for (const range of one.ranges) {
      if (one.line) highlight(one.line).delete(range);
      if (line_) highlight(line_).add(range);
    }
    one.line = line_;
  }

  setLanes(many) {
    if (this.many === many) return;
    this.many = many;
    this.root.style.setProperty('--lanes', many);
  }

  namesSoon() {
    if (this.waiting) return;
    this.waiting = requestAnimationFrame(() => { this.waiting = 0; if (this.root.isConnected) { drawNames(this.text, this.parts, this.chosen && this.get(this.chosen)); this.alsoDraw?.(); } });
  }

  /// All anew: the item comes back on the stage, or its answer was replaced.
  repaint() {
    for (const one of this.parts) this.paint(one, null);
    this.parts = [];
    this.sights = new WeakMap();
    this.read = null;
    this.draw();
  }

  /// Lists the parts, of many only those around the chosen one: a list of thousands would slow every change down.
  drawList() {
    const { spans } = this;
    if (this.chosen) this.from = spans.findIndex((span) => span.id === this.chosen) - LISTED / 2;
    this.from = Math.max(0, Math.min(this.from, spans.length - LISTED));
    const rows = new Map(spans.slice(this.from, this.from + LISTED).map((span) => [span, this.rows.get(span) ?? this.row(span)]));
    for (const [span, row] of this.rows) if (!rows.has(span)) row.remove();
    let at = this.list.firstChild;
    for (const row of rows.values()) {
      if (row === at) at = at.nextSibling; else this.list.insertBefore(row, at);
    }
    this.rows = rows;
    this.count.textContent = spans.length > LISTED ? `${this.from + 1}–${this.from + rows.size} of ${spans.length.toLocaleString('en')} marked parts; , and . in the text walk through all.` : '';
    this.bold?.removeAttribute('data-chosen');
    this.bold = rows.get(this.get(this.chosen));
    this.bold?.setAttribute('data-chosen', '');
  }

  row(span) {
    const words = this.words(span.label);
    const button = el('button', { type: 'button', 'data-mark': span.id }, el('q', { dir: 'auto' }, span.quote.slice(0, 80)), el('small', {}, words));
    button.style.setProperty('--hue', this.hue(span.label));
    return el('li', {}, button);
  }
}
