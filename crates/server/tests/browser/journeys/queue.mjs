// The next item stands there at once, skipped ones do not come back, the end of the queue says why; what time it takes.

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
  same(await page.locator('[name="reason"] option').evaluateAll((all) => all.map((one) => one.value)), ['unclear', 'not_my_language', 'broken', 'conflict_of_interest'], 'the reasons there are');
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
  await page.click('.tabs a[href*="tab=skipped"]');
  holds(/broken/.test(await page.locator('.pile li').innerText()), 'the reason that was given');
  await landing(studio, page);
  await reserved(studio, page);
  await idle(studio);
}

/// The first page says how many are left, how many were done today, how long one takes and how long all will.
async function landing(studio, page) {
  const { fields, questions } = studio.sample('label');
  const dataset = await studio.dataset({ fields, questions }, Array.from({ length: 4 }, (_, at) => ({ fields: { text: `Parcel ${at}` } })));
  const { items: [{ item, lease }] } = await studio.api('ana', `datasets/${dataset}/next`, { how_many: 1 });
  await studio.api('ana', `datasets/${dataset}/submit`, { item, lease, answers: { q: 'praise' }, active_ms: 120_000 });
  await page.goto('/');
  const card = page.locator('.card.dataset', { has: page.locator(`h2:text-is("${dataset}")`) });
  same(await card.locator('.figures dd').allTextContents(), ['3', '1', '2 min 0 s', '6 minutes'], 'left, today, median, time left');
}

/// Who finds everything in other hands hears until when.
async function reserved(studio, page) {
  const { fields, questions } = studio.sample('label');
  const dataset = await studio.dataset({ fields, questions }, [{ fields: { text: 'the only one' } }]);
  const { items: [{ expires_at: until_ }] } = await studio.api('ben', `datasets/${dataset}/next`, { how_many: 1 });
  await studio.work(page, dataset);
  same(await page.locator('.finished').getAttribute('data-why'), 'reserved', 'why there is nothing');
  const at = await page.evaluate((when) => {
    const [end, now] = [new Date(when), new Date()];
    return end.toDateString() === now.toDateString() ? end.toTimeString().slice(0, 5) : null;
  }, until_);
  const said = await page.locator('.finished').innerText();
  holds(said.includes(`Reserved until ${at ?? ''}`), `until ${at}: ${said}`);
}

/// Active time stands still after thirty seconds without a sign of life.
async function idle(studio) {
  const { fields, questions } = studio.sample('label');
  const dataset = await studio.dataset({ fields, questions }, [{ fields: { text: 'one' } }, { fields: { text: 'two' } }]);
  const page = await studio.as('ben');
  await page.clock.install();
  await studio.work(page, dataset);
  await page.clock.pauseAt(Date.now() + 5000);
  const seconds = async () => {
    const [minutes, rest] = (await page.locator('[data-timer]').textContent()).split(':').map(Number);
    return minutes * 60 + rest;
  };
  await page.mouse.move(50, 50);
  const before = await seconds();
  // What is shown may lag a second behind.
  const shows = async (more, what) => { const now = await seconds(); holds(now - before === more || now - before === more + 1, `${what}: ${now} s after ${before} s`); };
  await page.clock.runFor(20_000);
  await shows(20, 'every second counts');
  await page.clock.runFor(600_000);
  await shows(30, 'thirty seconds of an idle while');
  await page.mouse.move(80, 80);
  await page.clock.runFor(10_000);
  await shows(40, 'a sign of life, and it goes on');
  await page.clock.resume();
  const item = await page.locator('#stage .item').getAttribute('data-item');
  await press(page, '1 Enter');
  await until(async () => (await studio.stored('ben', dataset, item)).status === 'submitted', 'the submit');
  const [{ seconds: took }] = (await studio.api('olga', `datasets/${dataset}/item?item=${item}`)).responses;
  holds(Math.abs(took - before - 40) < 5, `the response took ${took} s, of them ${before} s before the clock stood`);
}
