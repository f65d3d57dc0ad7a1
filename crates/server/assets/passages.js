// Evidence in passages: drag over the sentences that make a passage relevant, or let a key take the next one.

import { $, $$, el, later } from './dom.js';
import { setJson } from './form.js';
import { active, command, unit } from './keys.js';
import { highlight } from './paint.js';
import { StoredText } from './text.js';

const sentences = new Intl.Segmenter(undefined, { granularity: 'sentence' });
const all = new WeakMap();
const ofItem = new WeakMap();
// Handles of a selection by touch are moved in many small steps.
const HANDLES_MS = 200;
document.addEventListener('selectionchange', () => ofItem.get($('.item'))?.forEach((evidence) => evidence.follow()));

/// Wires the graded passages of an item.
export function watchPassages(article) {
  const found = $$('[data-relevance] [data-passage]', article).map((passage) => new Evidence(passage));
  for (const evidence of found) all.set(evidence.passage, evidence);
  ofItem.set(article, found);
  article.addEventListener('shown', () => found.forEach((evidence) => evidence.show()));
}

class Evidence {
  constructor(passage) {
    this.passage = passage;
    this.root = $('[data-evidence]', passage);
    this.input = $('[data-json]', passage);
    this.list = $('[data-evidence-list]', passage);
    this.text = new StoredText(this.root);
    this.ranges = [];
    this.root.addEventListener('pointerdown', ({ pointerType }) => { [this.byTouch, this.before] = [pointerType !== 'mouse', this.spans]; });
    this.root.addEventListener('pointerup', () => setTimeout(() => { if (!this.byTouch) this.take(); }));
    this.follow = later(HANDLES_MS, () => this.followTouch());
    this.input.closest('form').addEventListener('refill', () => this.show());
  }

  get spans() { return JSON.parse(this.input.value || '[]'); }

  /// Takes the selection; without one, the next sentence.
  take({ orSentence = false } = {}) {
    const selected = this.text.selection();
    if (!selected && !orSentence) return false;
    const [start, end] = selected ? this.text.snap(...selected) : this.nextSentence() ?? [0, 0];
    if (start >= end) return false;
    getSelection().removeAllRanges();
    this.put(start, end, this.spans);
    return true;
  }

  /// A selection by touch has no end but its handles: what it covers is evidence while they move, beside what was before.
  followTouch() {
    const selected = this.byTouch && this.text.selection();
    if (selected) this.put(...this.text.snap(...selected), this.before);
  }

  put(start, end, before) {
    const one = [this.text.point(start), this.text.point(end)];
    const others = before.filter(([from, to]) => to <= one[0] || from >= one[1]);
    this.write([...others, one]);
  }

  nextSentence() {
    const last = Math.max(0, ...this.spans.map(([, end]) => this.text.offset(end)));
    for (const { index, segment } of sentences.segment(this.text.text)) {
      const start = index + segment.length - segment.trimStart().length;
      if (start >= last && segment.trim()) return [start, index + segment.trimEnd().length];
    }
    return null;
  }

  write(spans) {
    setJson(this.input, spans.sort((a, b) => a[0] - b[0]));
    this.show();
  }

  show() {
    this.ranges.forEach((range) => highlight('evidence').delete(range));
    const spans = this.spans.map((span) => span.map((at) => this.text.offset(at)));
    this.ranges = spans.map((span) => this.text.staticRange(...span));
    this.ranges.forEach((range) => highlight('evidence').add(range));
    this.list.replaceChildren(...spans.map(([start, end], at) => {
      const quote = this.text.slice(start, end);
      const remove = () => this.write(this.spans.filter((_, index) => index !== at));
      return el('li', {}, el('button', { type: 'button', class: 'button small', 'aria-label': `Remove evidence: ${quote}`, onclick: remove }, `“${quote.slice(0, 40)}${quote.length > 40 ? '…' : ''}” ×`));
    }));
  }
}

command('evidence', () => {
  const evidence = active() && all.get(unit());
  return evidence ? evidence.take({ orSentence: true }) : false;
});
