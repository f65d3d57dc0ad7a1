// Paints parts of a text without touching its nodes: colours by the highlight registry, names in a layer above.

import { $, $$, el } from './dom.js';

const LANES = 6;
const sheet = new CSSStyleSheet();
document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
const known = new Set();

/// A lane for each part, so that parts that share characters have lines of their own. Parts come in order of start.
export function lanes(parts) {
  const ends = [];
  return parts.map(({ start, end }) => {
    let lane = ends.findIndex((last) => last <= start);
    if (lane < 0) lane = ends.length;
    ends[lane] = end;
    return Math.min(lane, LANES - 1);
  });
}

/// The registry's highlight of a name, made when it is new.
export function highlight(name) {
  if (!CSS.highlights.has(name)) CSS.highlights.set(name, new Highlight());
  return CSS.highlights.get(name);
}

/// The name of the highlight for a colour and a lane, with its rule in the style sheet.
export function line(place, colour, lane, maybe = false) {
  const hue = colour ?? `var(--c${place})`;
  const name = `${maybe ? 'maybe' : 'part'}-${colour ? colour.slice(1) : place}-${lane}`;
  if (!known.has(name)) {
    known.add(name);
    const style = maybe ? 'dashed' : 'solid';
    sheet.insertRule(`::highlight(${name}) { text-decoration: underline ${style} 3px ${hue}; text-underline-offset: ${3 + lane * 5}px; background-color: color-mix(in oklab, ${hue} ${maybe ? 5 : 13}%, transparent) }`);
  }
  return name;
}

/// Empties every highlight: another item takes the stage.
export const clearPaint = () => { for (const one of CSS.highlights.values()) one.clear(); };

/// Draws the names of the parts that are in sight. `parts` come in order of start, in UTF-16 offsets.
export function drawNames(text, parts, chosen) {
  const layer = $('.names', text.root) ?? text.root.appendChild(el('div', { class: 'names', 'aria-hidden': 'true' }));
  const frame = text.root.getBoundingClientRect();
  const [top, bottom] = [-200, innerHeight + 200];
  const visible = blocksInSight(text, top, bottom);
  const first = visible ? parts.findIndex((part) => part.end > visible[0]) : -1;
  const drawn = [];
  for (let at = first; at >= 0 && at < parts.length && parts[at].start < visible[1]; at += 1) {
    const rect = text.range(parts[at].start, parts[at].end).getClientRects()[0];
    if (!rect || rect.bottom < top) continue;
    if (rect.top > bottom) break;
    const name = el('span', { 'data-chosen': parts[at].span === chosen, 'data-maybe': parts[at].maybe }, parts[at].name);
    name.style.setProperty('--hue', parts[at].hue);
    drawn.push({ name, rect, rtl: parts[at].rtl });
  }
  layer.replaceChildren(...drawn.map(({ name }) => name));
  const sizes = drawn.map(({ name }) => [name.offsetWidth, name.offsetHeight]);
  const ends = new Map();
  drawn.forEach(({ name, rect, rtl }, index) => {
    const [width, height] = sizes[index];
    const row = Math.round(rect.top);
    const wanted = (rtl ? rect.right - width : rect.left) - frame.left;
    const left = Math.max(0, rtl ? wanted : Math.max(wanted, (ends.get(row) ?? -Infinity) + 2));
    ends.set(row, left + width);
    name.style.transform = `translate(${left}px, ${rect.top - frame.top - height + 1}px)`;
  });
}

/// The offsets that the blocks in sight cover, or null.
function blocksInSight(text, top, bottom) {
  let range = null;
  let start = 0;
  for (const block of $$('.block', text.root)) {
    const { length } = block.textContent;
    const rect = block.getBoundingClientRect();
    if (rect.top > bottom) break;
    if (rect.bottom >= top) range = [range?.[0] ?? start, start + length];
    start += length;
  }
  return range;
}
