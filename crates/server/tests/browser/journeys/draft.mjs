// A draft is saved within a second, and a reload brings back the form and the place in it.

import { holds, press, same, until } from '../studio.mjs';

export default async function draft(studio) {
  const { fields, questions, item } = studio.sample('text');
  const dataset = await studio.dataset({ fields, questions: [...questions, { name: 'tone', type: 'rating', min: 1, max: 5 }] }, [{ fields: item }]);
  const page = await studio.as('ana');
  await studio.work(page, dataset);
  await page.click('textarea');
  await page.keyboard.type('A sentence that is not done');
  const typed = Date.now();
  await page.waitForFunction(() => /saved \d\d:\d\d:\d\d/.test(document.querySelector('[data-saved]').textContent));
  const took = Date.now() - typed;
  holds(took < 5000, 'saving took longer than five seconds on a loaded machine');
  studio.figure('what was typed is saved, after the last key', [took]);
  same((await studio.stored('ana', dataset, 'i1')).status, 'draft', 'the server has a draft');
  same((await studio.stored('ana', dataset, 'i1')).answers.q, 'A sentence that is not done', 'with the words');

  await press(page, 'ArrowLeft ArrowLeft ArrowLeft ArrowLeft');
  await page.reload();
  await page.waitForSelector('.question[data-active]');
  await until(() => page.evaluate(() => document.activeElement.tagName === 'TEXTAREA'), 'the focus to come back');
  await page.keyboard.type('really ');
  same(await page.inputValue('textarea'), 'A sentence that is not really done', 'typing goes on where it stopped');

  await press(page, 'Escape ArrowDown 4 Backspace');
  same(await page.locator('#stage .question :checked').count(), 0, 'the draft is discarded');
  await page.click('.toast button');
  same(await page.locator('#stage .question :checked').count(), 1, 'and taken back');
  await pressedMeanwhile(studio);
}

/// What is pressed before the draft of this device was read is newer than it.
async function pressedMeanwhile(studio) {
  const { fields, questions } = studio.sample('label');
  const dataset = await studio.dataset({ fields, questions }, [{ fields: { text: 'one' } }]);
  const page = await studio.as('ana');
  const chosen = () => page.locator('#stage .question :checked').evaluateAll((all) => all.map((one) => one.value));
  await studio.work(page, dataset);
  await page.route('**/draft', (route) => route.abort());
  await press(page, '1');
  await page.waitForSelector('.offline');
  // The storage opens only when it is let.
  await page.addInitScript(() => {
    const open = new Promise((resolve) => { window.letOpen = resolve; });
    Object.defineProperty(IDBRequest.prototype, 'onsuccess', { set(then) { this.addEventListener('success', (event) => open.then(() => then.call(this, event))); } });
  });
  const reload = async () => { await page.reload(); await page.waitForSelector('.question[data-active]'); };
  await reload();
  await page.evaluate(() => window.letOpen());
  await until(async () => (await chosen())[0] === 'billing', 'the draft of this device');
  await reload();
  await press(page, '2');
  await page.evaluate(() => window.letOpen());
  await page.waitForSelector('.offline');
  same(await chosen(), ['outage'], 'what was pressed stays');
}
