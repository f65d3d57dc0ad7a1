// What changed between two texts, word by word.

import { el } from './dom.js';

// More edits than this are shown as one text replaced by another: nobody reads such a difference word by word.
const MOST_EDITS = 800;
const words = new Intl.Segmenter(undefined, { granularity: 'word' });
const split = (text) => [...words.segment(text)].map(({ segment }) => segment);

/// `[kind, text]` pairs in order: `same`, `gone` or `came`. The shortest edit script after Myers (1986).
export function diff(before, after) {
  const [a, b] = [split(before), split(after)];
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail += 1;
  const middle = script(a.slice(head, a.length - tail), b.slice(head, b.length - tail));
  return joined([...a.slice(0, head).map((word) => ['same', word]), ...middle, ...(tail ? a.slice(-tail) : []).map((word) => ['same', word])]);
}

function script(a, b) {
  const trace = [];
  let reach = new Map([[1, 0]]);
  for (let edits = 0; edits <= Math.min(a.length + b.length, MOST_EDITS); edits += 1) {
    trace.push(reach);
    reach = new Map(reach);
    for (let k = -edits; k <= edits; k += 2) {
      const down = k === -edits || (k !== edits && (reach.get(k - 1) ?? -1) < (reach.get(k + 1) ?? -1));
      let x = down ? reach.get(k + 1) ?? 0 : (reach.get(k - 1) ?? 0) + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x += 1;
      reach.set(k, x);
      if (x >= a.length && x - k >= b.length) return walkBack(a, b, trace, edits);
    }
  }
  return [...a.map((word) => ['gone', word]), ...b.map((word) => ['came', word])];
}

function walkBack(a, b, trace, edits) {
  const steps = [];
  let [x, y] = [a.length, b.length];
  for (let d = edits; d >= 0; d -= 1) {
    const reach = trace[d];
    const k = x - y;
    const down = k === -d || (k !== d && (reach.get(k - 1) ?? -1) < (reach.get(k + 1) ?? -1));
    const before = down ? k + 1 : k - 1;
    const fromX = d === 0 ? 0 : reach.get(before) ?? 0;
    const fromY = d === 0 ? 0 : fromX - before;
    while (x > fromX && y > fromY && a[x - 1] === b[y - 1]) { steps.push(['same', a[x - 1]]); x -= 1; y -= 1; }
    if (d === 0) break;
    if (down) { steps.push(['came', b[y - 1]]); y -= 1; } else { steps.push(['gone', a[x - 1]]); x -= 1; }
  }
  return steps.reverse();
}

function joined(steps) {
  const out = [];
  for (const [kind, word] of steps) {
    if (out.at(-1)?.[0] === kind) out.at(-1)[1] += word; else out.push([kind, word]);
  }
  return out;
}

/// The steps as elements; `kinds` says which are shown.
export function marked(steps, kinds = ['same', 'gone', 'came']) {
  const tags = { gone: 'del', came: 'ins' };
  return steps.filter(([kind]) => kinds.includes(kind)).map(([kind, words_]) => (tags[kind] ? el(tags[kind], {}, words_) : document.createTextNode(words_)));
}
