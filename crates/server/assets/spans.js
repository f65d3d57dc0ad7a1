// Marking parts of a text: drag and press a label, or press a label and drag; every step has a key.

import { $, $$ } from './dom.js';
import { activate, active, command } from './keys.js';
import { Marks } from './marks.js';
import { clearPaint, highlight } from './paint.js';
import { toast } from './toast.js';

const all = new WeakMap();
// A page of words for the up and down keys.
const MANY_WORDS = 10;
const ALIKE_MS = 150;

/// The marks of a spans question of an item.
export const marksOf = (article, name) => all.get(article)?.find((marks) => marks.question.dataset.question === name);

/// Wires the spans questions of an item.
export function watchSpans(article) {
  const found = $$('.question[data-type="spans"]', article).map((question) => new Hand(article, question));
  all.set(article, found);
  article.addEventListener('shown', () => {
    clearPaint();
    sizes.disconnect();
    for (const marks of found) {
      marks.repaint();
      if (marks.root) sizes.observe(marks.root);
    }
  });
}

/// The names of the item on the page lie where its words are. One ear for all items: those that were must not be held.
const drawNamesAnew = () => { for (const marks of all.get($('.item')) ?? []) marks.namesSoon(); };
const sizes = new ResizeObserver(drawNamesAnew);
addEventListener('scroll', drawNamesAnew, { passive: true });
document.addEventListener('selectionchange', () => { for (const marks of all.get($('.item')) ?? []) marks.follow(); });

/// The marks of the question that is active, or of the only one.
function atHand() {
  const found = all.get($('.item')) ?? [];
  return found.find((marks) => marks.question === active()) ?? found.find((marks) => marks.root.contains(document.activeElement)) ?? found[0];
}

/// A person's hand on the marks: what is selected, which label is armed.
class Hand extends Marks {
  constructor(article, question) {
    super(article, question);
    this.selected = null;
    this.armed = null;
    if (!this.root || question.disabled) return;
    this.root.addEventListener('pointerdown', ({ pointerType }) => { this.byTouch = pointerType !== 'mouse'; });
    this.root.addEventListener('pointerup', (event) => setTimeout(() => this.released(event)));
    this.root.addEventListener('keydown', (event) => { if (!event.defaultPrevented && this.key(event)) { event.preventDefault(); event.stopPropagation(); } });
    this.root.addEventListener('focus', () => activate(question, { scroll: false }));
    for (const option of this.options.values()) option.addEventListener('click', () => this.press(option.dataset.label));
    this.list.addEventListener('click', (event) => this.pressRow(event));
    this.list.addEventListener('keydown', (event) => { if (event.key === 'Delete') { this.remove(event.target.dataset.mark); event.preventDefault(); } });
    this.input.closest('form').addEventListener('refill', (event) => { if (event.target.contains(this.input)) this.repaint(); });
  }

  /// The pointer let go: a selection becomes whole words, a click chooses the part under it.
  released(event) {
    const chosen = this.text.selection();
    if (!chosen) return this.click(event);
    if (this.byTouch) return this.follow();
    const [start, end] = event.shiftKey ? chosen : this.text.snap(...chosen);
    if (event.altKey && this.chosen && 'discontinuous' in this.box.dataset) return this.addPart(start, end);
    this.select(start, end);
    if (this.armed) this.add(this.armed);
  }

  /// A selection by touch is begun by a long press and changed by its handles, and no pointer lets go of it. It is taken as it
  /// stands; a label that is pressed after it names it, even where pressing takes the selection away.
  follow() {
    const chosen = this.byTouch && this.text.selection();
    if (!chosen) return;
    if (this.chosen) this.choose(null);
    this.selected = this.text.snap(...chosen);
    highlight('cursor').clear();
    highlight('cursor').add(this.text.staticRange(...this.selected));
    this.question.dataset.naming = '';
  }

  click(event) {
    const caret = document.caretPositionFromPoint?.(event.clientX, event.clientY);
    const at = caret && this.text.locate(caret.offsetNode, caret.offset);
    this.unselect();
    if (at == null) return;
    const here = this.spans.filter((span) => { const [start, end] = this.ends(span); return start <= at && at <= end; });
    const next = here[(here.findIndex((span) => span.id === this.chosen) + 1) % Math.max(1, here.length)];
    this.choose(next?.id ?? null);
  }

  select(start, end, { chosen = null } = {}) {
    this.selected = [start, end];
    getSelection().removeAllRanges();
    getSelection().addRange(this.text.range(start, end));
    highlight('cursor').clear();
    highlight('cursor').add(this.text.staticRange(start, end));
    if (this.chosen !== chosen) this.choose(chosen);
  }

  unselect() {
    this.selected = null;
    delete this.question.dataset.naming;
    highlight('cursor').clear();
    if (this.root.contains(getSelection().anchorNode)) getSelection().removeAllRanges();
  }

  /// A label was pressed: it names the selection, renames the chosen part, or waits for the next drag.
  press(label) {
    if (this.selected) return this.add(label);
    if (this.chosen) return this.write(this.spans.map((span) => (span.id === this.chosen ? { ...span, label } : span)));
    this.arm(this.armed === label ? null : label);
  }

  arm(label) {
    this.armed = label;
    for (const option of this.options.values()) option.setAttribute('aria-pressed', String(option.dataset.label === label));
  }

  add(label) {
    const [start, end] = this.selected;
    const other = this.clashes(start, end);
    if (other) {
      toast(`Parts may not overlap here: “${other.quote.slice(0, 30)}” is marked already.`);
      this.unselect();
      return this.choose(other.id);
    }
    const span = this.make(label, start, end);
    const same = this.spans.find((one) => one.char_start === span.char_start && one.char_end === span.char_end && one.label === label);
    this.after = end;
    this.unselect();
    if (same) return this.choose(same.id);
    this.write([...this.spans, span], span.id);
    // Looking for the same words takes longer than a keystroke may: it waits until the mark is on the screen.
    setTimeout(() => { if (this.get(span.id) === span) this.offerAlike(span); }, ALIKE_MS);
  }

  addPart(start, end) {
    const span = this.get(this.chosen);
    const parts = [...(span.parts?.length ? span.parts : [[span.char_start, span.char_end]]), [this.text.point(start), this.text.point(end)]].sort((a, b) => a[0] - b[0]);
    if (parts.some((part, at) => at && part[0] < parts[at - 1][1])) return toast('The parts of one span may not share characters.');
    const quote = parts.map((part) => this.text.slice(...part.map((at) => this.text.offset(at)))).join(' … ');
    const whole = { ...span, char_start: parts[0][0], char_end: parts.at(-1)[1], quote, parts };
    this.unselect();
    this.write(this.spans.map((one) => (one === span ? whole : one)));
  }

  remove(id) {
    if (!id) return false;
    const at = this.spans.findIndex((span) => span.id === id);
    const next = this.spans[at + 1] ?? this.spans[at - 1];
    this.write(this.spans.filter((span) => span.id !== id), null);
    if (this.list.contains(document.activeElement) || document.activeElement === document.body) this.rows.get(next)?.firstChild.focus();
    return true;
  }

  pressRow(event) {
    const id = event.target.closest('[data-mark]')?.dataset.mark;
    if (id) this.choose(id, { scroll: true });
  }

  /// Places with the same words that do not have this label yet.
  alike(span) {
    const size = this.text.offset(span.char_end) - this.text.offset(span.char_start);
    const has = new Set(this.spans.filter((one) => one.label === span.label).map((one) => `${one.char_start} ${one.char_end}`));
    const isNew = (at) => !has.has(`${this.text.point(at)} ${this.text.point(at + size)}`);
    return this.text.places(span.quote).filter((at) => isNew(at) && !this.clashes(at, at + size) && this.isWhole(at, at + size));
  }

  isWhole(start, end) { const [from, to] = this.text.snap(start, end); return from >= start && to <= end; }

  offerAlike(span) {
    const { length } = span.parts ? [] : this.alike(span);
    this.closeOffer?.();
    if (length) this.closeOffer = toast(`The same words stand at ${length} more ${length === 1 ? 'place' : 'places'}.`, { action: `Mark ${length === 1 ? 'it' : `all ${length}`} (I)`, then: () => this.markAlike(span) });
  }

  markAlike(span = this.get(this.chosen)) {
    if (!span) return toast('Choose a marked part first: click it, or press . in the text.');
    const places = this.alike(span);
    const [start, end] = this.ends(span);
    let number = Number(this.newId().slice(1));
    const more = places.map((at) => this.make(span.label, at, at + end - start, `s${number++}`));
    this.write([...this.spans, ...more], span.id);
    toast(`Marked ${more.length} more.`);
    return true;
  }

  /// Goes through what models suggest.
  stepSuggestion(by) {
    const { maybe } = this;
    if (!maybe.length) return false;
    const at = maybe.findIndex((span) => span === this.offeredNow);
    this.offeredNow = maybe[(at + by + maybe.length) % maybe.length] ?? maybe[0];
    this.root.focus({ preventScroll: true });
    this.show(...this.ends(this.offeredNow));
    this.closeStep?.();
    this.closeStep = toast(`${this.words(this.offeredNow.label)}: “${this.offeredNow.quote.slice(0, 40)}”`, { action: 'Accept (Space)', then: () => this.acceptOffered() });
    return true;
  }

  acceptOffered() {
    if (!this.offeredNow || !this.maybe.includes(this.offeredNow)) return false;
    this.closeStep?.();
    const { from, ...span } = this.offeredNow;
    const free = this.get(span.id) ? { ...span, id: this.newId() } : span;
    from.dataset.taken = '';
    this.unselect();
    this.write([...this.spans, free], free.id);
    this.stepSuggestion(1);
    return true;
  }

  /// Keys while the text has the focus.
  key(event) {
    this.byTouch = false;
    if (event.ctrlKey || event.metaKey) return false;
    const { key } = event;
    if (key === 'Delete' || key === 'Backspace') return this.chosen ? this.remove(this.chosen) : key === 'Backspace';
    if (key === ' ') return this.acceptOffered();
    if (key === 'Escape') return this.escape();
    if (key === '.' || key === ',') return this.stepSpan(key === '.' ? 1 : -1);
    if (key === '+' && this.selected && this.lastChosen && 'discontinuous' in this.box.dataset) { this.chosen = this.lastChosen; this.addPart(...this.selected); return true; }
    if (!key.startsWith('Arrow')) return false;
    const by = key === 'ArrowRight' || key === 'ArrowDown' ? 1 : -1;
    if (this.chosen && /Left|Right/.test(key)) return this.moveEdge(by, event.shiftKey);
    return this.moveSelection(by, event);
  }

  escape() {
    if (this.armed) this.arm(null);
    else if (this.selected) { this.after = this.selected[0]; this.unselect(); }
    else if (this.chosen) this.choose(null);
    else this.root.blur();
    return true;
  }

  stepSpan(by) {
    const { spans } = this;
    if (!spans.length) return false;
    const at = spans.findIndex((span) => span.id === this.chosen);
    this.unselect();
    this.choose(spans[(at + by + spans.length) % spans.length].id, { scroll: true });
    return true;
  }

  /// Moves the end of the chosen part by a character, or its start.
  moveEdge(by, start) {
    const span = this.get(this.chosen);
    if (span.parts?.length) return false;
    let [from, to] = this.ends(span);
    if (start) from = this.text.step(from, by); else to = this.text.step(to, by);
    if (from >= to || this.clashes(from, to, span.id)) return true;
    const moved = this.make(span.label, from, to, span.id);
    this.write(this.spans.map((one) => (one === span ? moved : one)));
    return true;
  }

  /// Walks from word to word; Shift makes the selection longer or shorter, Alt goes by characters.
  moveSelection(by, { key, shiftKey, altKey }) {
    this.lastChosen = this.chosen ?? this.lastChosen;
    if (this.selected && (shiftKey || altKey)) return this.resize(by, altKey);
    let next = this.selected;
    for (let step = 0; step < (/Up|Down/.test(key) ? MANY_WORDS : 1); step += 1) {
      const word = next ? this.text.nextWord(by > 0 ? next[1] - 1 : next[0], by) : this.wordAt(this.after ?? 0, by);
      if (!word) break;
      next = word;
    }
    if (next) this.show(...next);
    return true;
  }

  resize(by, byCharacter) {
    let [start, end] = this.selected;
    if (byCharacter) end = this.text.step(end, by);
    else end = this.text.nextWord(end - 1, by)?.[1] ?? end;
    if (start < end) this.show(start, end);
    return true;
  }

  show(start, end) {
    this.select(start, end);
    this.text.place(start)[0].parentElement.scrollIntoView({ block: 'nearest' });
  }

  /// The word that begins at a place or behind it; going back, the one before it.
  wordAt(offset, by) {
    const token = this.text.token(offset);
    return by > 0 && token?.word && token.start >= offset ? [token.start, token.end] : this.text.nextWord(offset, by);
  }
}

command('nextSuggestion', () => atHand()?.stepSuggestion(1) ?? false);
command('previousSuggestion', () => atHand()?.stepSuggestion(-1) ?? false);
command('alike', () => atHand()?.markAlike() ?? false);
command('read', () => {
  const marks = atHand();
  const place = marks?.root ?? $('.item .written, .item .prose');
  if (!place) return false;
  if (place.tabIndex < 0) place.tabIndex = -1;
  place.focus();
});
