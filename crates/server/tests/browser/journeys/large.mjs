// A hundred thousand characters with two thousand spans: the first answer of the page, and one more span.

import { holds, same } from '../studio.mjs';

const CHARS = 100_000;
const SPANS = 2_000;

export default async function large(studio) {
  const { text, spans } = made();
  const questions = [{ name: 'q', type: 'spans', field: 'text', overlapping: true, options: ['person', 'place', 'thing', 'date'] }];
  const dataset = await studio.dataset({ fields: [{ name: 'text', type: 'text' }], questions }, [{ fields: { text } }]);
  const { items: [{ item, lease }] } = await studio.api('ana', `datasets/${dataset}/next`, { how_many: 1 });
  await studio.api('ana', `datasets/${dataset}/draft`, { item, lease, answers: { q: spans } });
  const page = await studio.as('ana');
  await studio.work(page, dataset);
  const ready = await page.evaluate(() => performance.now());
  const marked = async () => JSON.parse(await page.inputValue('[name="q.q"]')).length;
  same(await marked(), SPANS, 'all spans are there');
  holds((await page.locator('.question').textContent()).includes('2,000 marked parts'), 'the list says how many');
  const navigation = await page.evaluate(() => { const one = performance.getEntriesByType('navigation')[0]; return one.responseEnd - one.requestStart; });
  const adds = await page.evaluate(async () => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    const node = document.querySelectorAll('.block')[1].firstChild;
    const took = [];
    for (let at = 0; at < 9; at += 1) {
      const range = document.createRange();
      range.setStart(node, 100 + at * 40);
      range.setEnd(node, 112 + at * 40);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      document.querySelector('[data-text]').dispatchEvent(new PointerEvent('pointerup', { bubbles: true }));
      await new Promise((resolve) => setTimeout(resolve, 700));
      const before = performance.now();
      document.dispatchEvent(new KeyboardEvent('keydown', { key: '3', bubbles: true }));
      await frame();
      took.push(performance.now() - before);
    }
    return took;
  });
  holds((await marked()) > SPANS, 'spans were added');
  studio.figure('100,000 characters, 2,000 spans: from the click to the first key that works', [ready]);
  studio.figure('100,000 characters, 2,000 spans: the server draws the page', [navigation]);
  studio.figure('100,000 characters, 2,000 spans: one span more on the screen', adds);
}

function made() {
  const words = ['scion', 'stock', 'wax', 'sap', 'graft', 'wound', 'heals', 'under', 'the', 'bark'];
  let text = '';
  for (let at = 0; text.length < CHARS; at += 1) text += words[(at * 7) % 10] + (at % 14 === 13 ? '.\n' : ' ');
  const spans = [];
  const step = Math.floor(text.length / SPANS);
  for (let at = 0; spans.length < SPANS; at += step) {
    const start = text.slice(at).search(/\b[a-z]/) + at;
    const quote = text.slice(start).match(/^[a-z]+/)[0];
    spans.push({ char_start: start, char_end: start + quote.length, quote, label: ['person', 'place', 'thing', 'date'][spans.length % 4] });
  }
  return { text, spans };
}
