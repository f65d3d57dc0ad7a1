// A phone: words are selected by holding one and moving handles, which no pointer lets go of, and marked by a tap on a label.

import { holds, same, until } from '../studio.mjs';

const PHONE = { width: 360, height: 640, hasTouch: true, isMobile: true };

export default async function touch(studio) {
  const page = await studio.as('ana', PHONE);
  const hand = await page.context().newCDPSession(page);
  await spans(studio, page, hand);
  await evidence(studio, page, hand);
  await sources(studio, page);
}

/// A tap on something that was scrolled to.
async function tap(locator) {
  await locator.evaluate((one) => one.scrollIntoView({ block: 'center' }));
  await locator.tap();
}

/// A finger that holds a word until the browser takes over for the selection, and handles that are moved in steps.
async function select(page, hand, selector, ...steps) {
  const [x, y] = await page.evaluate(([where, words]) => {
    const range = window.rangeOf(where, words);
    scrollBy(0, range.getBoundingClientRect().top - innerHeight / 3);
    const { left, right, top, height } = range.getBoundingClientRect();
    return [(left + right) / 2, top + height / 2];
  }, [selector, steps[0]]);
  await hand.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [{ x, y }] });
  await hand.send('Input.dispatchTouchEvent', { type: 'touchCancel', touchPoints: [] });
  for (const words of steps) {
    await page.evaluate(([where, now]) => {
      const range = window.rangeOf(where, now);
      getSelection().setBaseAndExtent(range.startContainer, range.startOffset, range.endContainer, range.endOffset);
    }, [selector, words]);
    await page.waitForTimeout(40);
  }
}

/// Where some words stand in the text of an element.
const rangeOf = (selector, words) => {
  const walker = document.createTreeWalker(document.querySelector(selector), NodeFilter.SHOW_TEXT);
  const nodes = [];
  while (walker.nextNode()) nodes.push(walker.currentNode);
  const at = nodes.map((node) => node.data).join('').indexOf(words);
  const range = document.createRange();
  let before = 0;
  for (const node of nodes) {
    const end = at + words.length;
    if (at >= before && at < before + node.length) range.setStart(node, at - before);
    if (end > before && end <= before + node.length) range.setEnd(node, end - before);
    before += node.length;
  }
  return range;
};

async function spans(studio, page, hand) {
  await page.addInitScript(`window.rangeOf = ${rangeOf}; window.letGo = 0; addEventListener('pointerup', ({ target }) => { if (target.closest('[data-text]')) window.letGo += 1; }, true);`);
  const text = `Ana Ruiz lives in Lima. ${'Nothing is said here of anybody or anything at all. '.repeat(60)}Then Bo came.`;
  const questions = [{ name: 'q', type: 'spans', field: 'text', options: ['person', 'place'] }];
  const dataset = await studio.dataset({ fields: [{ name: 'text', type: 'text' }], questions }, [{ fields: { text } }]);
  await studio.work(page, dataset);
  const label = (words) => page.locator(`[data-label="${words}"]`);
  const quotes = async () => JSON.parse(await page.inputValue('[name="q.q"]')).map(({ label: name, quote }) => `${name}:${quote}`);

  await select(page, hand, '[data-text]', 'Ana', 'Ana Ru');
  same(await page.evaluate(() => [...CSS.highlights.get('cursor') ?? []].map((range) => [range.startOffset, range.endOffset])), [[0, 8]], 'what would be marked is shown, in whole words');
  const { y, height } = await label('place').boundingBox();
  holds(y >= 0 && y + height <= PHONE.height, `the labels are in reach at ${y}`);
  await studio.pictures('touch-labels', page);
  await label('person').tap();
  same(await quotes(), ['person:Ana Ruiz'], 'words, then a label');

  // A browser may take the selection away before the tap arrives.
  await select(page, hand, '[data-text]', 'Lima');
  await page.evaluate(() => getSelection().removeAllRanges());
  await page.waitForTimeout(60);
  await label('place').tap();
  same(await quotes(), ['person:Ana Ruiz', 'place:Lima'], 'it is marked all the same');
  same(await page.evaluate(() => [window.letGo, document.querySelectorAll('[data-naming]').length]), [0, 0], 'no pointer let go in the text, and the labels are back at their place');

  // A label that waits is named once more, and a tap beside a selection marks nothing.
  await tap(label('person'));
  await select(page, hand, '[data-text]', 'Bo');
  await label('person').tap();
  same((await quotes()).at(-1), 'person:Bo', 'the label first');
  await page.evaluate(() => document.querySelector('[data-text]').scrollIntoView({ block: 'start' }));
  await page.locator('[data-text]').tap({ position: { x: 150, y: 60 } });
  await tap(label('place'));
  same((await quotes()).length, 3, 'a tap in the text selects nothing');
  await page.locator('.actions [value="submit"]').tap();
  await until(async () => (await studio.stored('ana', dataset, 'i1')).status === 'submitted', 'the server to accept every quote');
}

async function evidence(studio, page, hand) {
  const { fields, questions, item } = studio.sample('relevance');
  const dataset = await studio.dataset({ fields, questions }, [{ fields: item }]);
  await studio.work(page, dataset);
  const root = '[data-passage="p1"] [data-evidence]';
  const quotes = async () => JSON.parse(await page.inputValue('[name="e.q/p1"]')).map(([start, end]) => item.found[0].text.slice(start, end));
  await select(page, hand, root, 'Filters', 'Filters are', 'Filters are repl');
  await until(async () => (await quotes()).length === 1, 'the evidence');
  same(await quotes(), ['Filters are replaced'], 'one piece of evidence, where the handles stopped');
  await select(page, hand, root, 'days');
  await until(async () => (await quotes()).length === 2, 'a second piece');
  await tap(page.locator('[data-passage="p1"] .evidence button').first());
  same(await quotes(), ['days'], 'a tap takes one away');
}

/// Whatever sentence is judged by tapping, its source is in sight with it.
async function sources(studio, page) {
  const { fields, questions, item } = studio.sample('support');
  const answer = 'Filters are replaced every 30 days [1]. The canteen opens at noon [2]. '.repeat(5).trim();
  const dataset = await studio.dataset({ fields, questions }, [{ fields: { ...item, answer } }]);
  await studio.work(page, dataset);
  const units = await page.locator('[data-unit]').count();
  holds(units === 10, `${units} sentences`);
  for (let at = 0; at < units; at += 1) {
    await tap(page.locator('[data-unit]').nth(at).locator('.option').first());
    await until(() => page.evaluate((wanted) => [...document.querySelectorAll('[data-unit]')].findIndex((unit) => 'current' in unit.dataset) === wanted, at), `sentence ${at} to be the one that is judged`);
    const [cited, list, bar] = await page.evaluate(() => {
      const edges = ({ top, bottom }) => [Math.round(top), Math.round(bottom)];
      return [[...CSS.highlights.get('cited')][0], document.querySelector('.sources'), document.querySelector('.actions')].map((one) => edges(one.getBoundingClientRect()));
    });
    holds(cited[0] >= Math.max(0, list[0]) && cited[1] <= Math.min(list[1], bar[0]), `the source of sentence ${at}: ${cited} in ${list} above ${bar}`);
  }
}
