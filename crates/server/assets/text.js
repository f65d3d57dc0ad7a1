// A stored text in the page: code points, UTF-16 offsets, words and characters, and the ranges that show them.

const words = new Intl.Segmenter(undefined, { granularity: 'word' });
const characters = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
// Enough text around a place for a word to be whole.
const AROUND = 120;

/// The text below an element; its text nodes, joined, are the stored text to the letter.
export class StoredText {
  constructor(root) {
    this.root = root;
    root.normalize();
    this.nodes = [];
    this.starts = [];
    let length = 0;
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT, (node) => (node.parentElement.closest('.names, .arcs') ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT));
    while (walker.nextNode()) {
      this.nodes.push(walker.currentNode);
      this.starts.push(length);
      length += walker.currentNode.length;
    }
    this.text = this.nodes.map((node) => node.data).join('');
    // Code points of two UTF-16 units are rare: where they are is all that is needed to convert either way.
    this.wide = [];
    for (const { index } of this.text.matchAll(/[\u{10000}-\u{10FFFF}]/gu)) this.wide.push(index);
    this.widePoints = this.wide.map((at, before) => at - before);
  }

  /// The code point at a UTF-16 offset, and the other way round.
  point(offset) { return offset - below(this.wide, offset); }
  offset(point) { return point + below(this.widePoints, point); }

  /// The text of `[start, end)` in UTF-16 units.
  slice(start, end) { return this.text.slice(start, end); }

  /// Where a place of the page is in the text, or null.
  locate(node, at) {
    if (!this.root.contains(node)) return null;
    if (node.nodeType === Node.TEXT_NODE) {
      const index = this.nodes.indexOf(node);
      return index < 0 ? null : this.starts[index] + at;
    }
    const before = document.createRange();
    before.setStart(this.root, 0);
    before.setEnd(node, at);
    return Math.min(before.toString().length, this.text.length);
  }

  /// The selection inside this text as offsets, or null.
  selection() {
    const chosen = getSelection();
    if (!chosen.rangeCount || chosen.isCollapsed) return null;
    const range = chosen.getRangeAt(0);
    if (!this.root.contains(range.commonAncestorContainer)) return null;
    const start = this.locate(range.startContainer, range.startOffset);
    const end = this.locate(range.endContainer, range.endOffset);
    return start == null || end == null || start >= end ? null : [start, end];
  }

  place(offset, atEnd = false) {
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.starts[middle] < offset || (!atEnd && this.starts[middle] === offset)) low = middle; else high = middle - 1;
    }
    return [this.nodes[low], Math.min(offset - this.starts[low], this.nodes[low]?.length ?? 0)];
  }

  /// A live range over `[start, end)`.
  range(start, end) {
    const range = document.createRange();
    range.setStart(...this.place(start));
    range.setEnd(...this.place(end, true));
    return range;
  }

  /// The same for a highlight, which does not follow changes of the page and so costs less.
  staticRange(start, end) {
    const [startContainer, startOffset] = this.place(start);
    const [endContainer, endOffset] = this.place(end, true);
    return new StaticRange({ startContainer, startOffset, endContainer, endOffset });
  }

  /// The word, or the mark between words, around an offset, with whether it is a word.
  token(offset) {
    const from = Math.max(0, offset - AROUND);
    const piece = this.text.slice(from, offset + AROUND);
    const found = words.segment(piece).containing(Math.min(offset - from, piece.length - 1));
    if (!found) return null;
    return { start: from + found.index, end: from + found.index + found.segment.length, word: found.isWordLike };
  }

  /// Whole words: white space and marks at the edges fall away, words that are cut come in whole.
  snap(start, end) {
    let [from, to] = [start, end];
    while (from < to && !this.token(from)?.word) from = this.token(from).end;
    while (to > from && !this.token(to - 1)?.word) to = this.token(to - 1).start;
    if (from >= to) return [start, end];
    return [this.token(from).start, this.token(to - 1).end];
  }

  /// The next word behind `offset`, or before it.
  nextWord(offset, by) {
    let token = this.token(Math.max(0, Math.min(offset, this.text.length - 1)));
    while (token) {
      const at = by > 0 ? token.end : token.start - 1;
      if (at < 0 || at >= this.text.length) return null;
      token = this.token(at);
      if (token?.word) return [token.start, token.end];
    }
    return null;
  }

  /// One character as people count them: an emoji of many code points is one.
  step(offset, by) {
    const from = Math.max(0, offset - AROUND);
    const piece = this.text.slice(from, offset + AROUND);
    if (by > 0) {
      const found = characters.segment(piece).containing(offset - from);
      return found ? from + found.index + found.segment.length : offset;
    }
    const found = offset > 0 ? characters.segment(piece).containing(offset - from - 1) : null;
    return found ? from + found.index : offset;
  }

  /// Where `quote` stands, in UTF-16 offsets.
  places(quote) {
    const found = [];
    for (let at = this.text.indexOf(quote); at >= 0; at = this.text.indexOf(quote, at + quote.length)) found.push(at);
    return found;
  }
}

/// How many entries of a sorted list are below `value`.
function below(list, value) {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle] < value) low = middle + 1; else high = middle;
  }
  return low;
}
