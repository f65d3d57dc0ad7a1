// Arrows over a text, from one marked part to another; the list of arrows says the same in words.

import { $ } from './dom.js';

const SVG = 'http://www.w3.org/2000/svg';
// Arcs begin and end above the names of the parts.
const ABOVE = 12;
// How far an arc rises above the higher of its ends: more for ends that lie far apart.
const RISE = [16, 40];

function shape(tag, attributes, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/// Draws the arrows of which an end is near what is in sight. `arrows` are `{ from, to, words }`, ends by the id of a mark.
export function drawArcs(marks, arrows) {
  const { text } = marks;
  const old = $('.arcs', text.root);
  if (!arrows.length) return old?.remove();
  const layer = old ?? text.root.appendChild(shape('svg', { class: 'arcs', 'aria-hidden': 'true' }));
  const frame = text.root.getBoundingClientRect();
  layer.setAttribute('width', text.root.scrollWidth);
  layer.setAttribute('height', text.root.scrollHeight);
  const rects = new Map();
  const end = (id) => {
    if (!rects.has(id)) {
      const span = marks.get(id);
      rects.set(id, span && text.range(...marks.ends(span)).getClientRects()[0]);
    }
    return rects.get(id);
  };
  const inSight = (rect) => rect.bottom > -innerHeight && rect.top < 2 * innerHeight;
  layer.replaceChildren(...arrows.flatMap((arrow) => {
    const [from, to] = [end(arrow.from), end(arrow.to)];
    if (!from || !to || !(inSight(from) || inSight(to))) return [];
    return [arc(from, to, arrow.words, { left: frame.left - text.root.scrollLeft, top: frame.top - text.root.scrollTop, width: text.root.scrollWidth })];
  }));
}

function arc(from, to, words, frame) {
  const at = (rect) => [rect.left + rect.width / 2 - frame.left, rect.top - frame.top - ABOVE];
  const [[x1, y1], [x2, y2]] = [at(from), at(to)];
  const top = Math.max(2, Math.min(y1, y2) - Math.min(RISE[1], RISE[0] + Math.abs(x2 - x1) / 12));
  const lean = (x2 - x1) / 6;
  const path = shape('path', { d: `M ${x1} ${y1} C ${x1 + lean} ${top}, ${x2 - lean} ${top}, ${x2} ${y2 - 5}`, class: 'line' });
  const head = shape('path', { d: `M ${x2 - 4} ${y2 - 8} L ${x2} ${y2 - 1} L ${x2 + 4} ${y2 - 8} Z`, class: 'head' });
  const label = shape('text', { y: Math.max(10, (top * 3 + (y1 + y2) / 2) / 4), 'text-anchor': 'middle' }, words);
  // Not over the edge: about eight pixels a letter.
  const half = Math.min(frame.width / 2, words.length * 4 + 4);
  label.setAttribute('x', Math.max(half, Math.min(frame.width - half, (x1 + x2) / 2)));
  return shape('g', {}, path, head, label);
}
