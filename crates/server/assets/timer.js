// Active time on an item: it stands still after 30 seconds without a sign of life, and while the page is hidden.

import { $ } from './dom.js';

const IDLE_MS = 30_000;
let total = 0;
let last = 0;
let seen = 0;

/// Begins at what is known of the item already.
export function startTimer(article, before = 0) {
  total = before;
  last = seen = performance.now();
  draw(article);
}

/// Whole active milliseconds so far.
export function activeMs() {
  tick();
  return Math.round(total);
}

function tick() {
  const now = performance.now();
  const until = Math.min(now, seen + IDLE_MS);
  if (until > last && !document.hidden) total += until - last;
  last = now;
}

function alive() {
  tick();
  seen = performance.now();
}

function draw(article = $('#stage .item')) {
  const place = article && $('[data-timer]', article);
  if (!place) return;
  const seconds = Math.floor(activeMs() / 1000);
  place.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

for (const sign of ['keydown', 'pointermove', 'pointerdown', 'wheel', 'scroll', 'focus']) {
  addEventListener(sign, alive, { passive: true, capture: true });
}
document.addEventListener('visibilitychange', alive);
setInterval(draw, 1000);
