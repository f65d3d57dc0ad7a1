// The next item stands there at once, skipped ones do not come back, and the end of the queue says why.

import { holds, press, same, until } from '../studio.mjs';

export default async function queue(studio) {
  const { fields, questions } = studio.sample('label');
  const items = Array.from({ length: 8 }, (_, at) => ({ fields: { text: `Ticket number ${at + 1}` } }));
  const dataset = await studio.dataset({ fields, questions }, items);
  const page = await studio.as('ana');
  await page.goto('/');
  await studio.work(page, dataset);
  await until(() => page.evaluate(() => performance.getEntriesByType('resource').some(({ name }) => name.endsWith('/next'))), 'the prefetch');
  await page.waitForTimeout(300);

  const times = [];
  const seen = [];
  for (let at = 0; at < 6; at += 1) {
    seen.push(await page.locator('#stage .item').getAttribute('data-item'));
    times.push(await page.evaluate(() => new Promise((resolve) => {
      const stage = document.querySelector('#stage');
      const leaving = stage.querySelector('.item').dataset.item;
      document.dispatchEvent(new KeyboardEvent('keydown', { key: '2', bubbles: true }));
      const began = performance.now();
      document.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }));
      const look = () => {
        const now = stage.querySelector('.item')?.dataset.item;
        if (now && now !== leaving) resolve(performance.now() - began); else requestAnimationFrame(look);
      };
      look();
    })));
    await until(async () => (await studio.stored('ana', dataset, seen.at(-1))).status === 'submitted', 'the submit');
  }
  studio.figure('the next item is on the screen after Enter', times);
  same(new Set(seen).size, seen.length, 'no item came twice');

  await press(page, 'Alt+s');
  await page.selectOption('[name="reason"]', 'broken');
  const skipped = await page.locator('#stage .item').getAttribute('data-item');
  await page.click('[value="skip"]');
  await until(async () => (await studio.stored('ana', dataset, skipped)).status === 'skipped', 'the skip');
  const last = await page.locator('#stage .item').getAttribute('data-item');
  holds(last !== skipped, 'a skipped item stays away');
  await press(page, '1 Enter');
  await page.waitForSelector('#stage .finished');
  await until(async () => (await page.locator('[data-count="submitted"]').textContent()) === '7', 'the count of submitted items');
  holds((await page.locator('[data-count="skipped"]').textContent()) === '1', 'one skipped item is counted');
  await page.click('a[href*="tab=submitted"]');
  same(await page.locator('.pile li').count(), 7, 'the pile of submitted items');
}
