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
  await studio.pictures('queue-finished', page);
  await until(async () => (await page.locator('[data-count="submitted"]').textContent()) === '7', 'the count of submitted items');
  holds((await page.locator('[data-count="skipped"]').textContent()) === '1', 'one skipped item is counted');
  await page.click('a[href*="tab=submitted"]');
  same(await page.locator('.pile li').count(), 7, 'the pile of submitted items');
  await page.click('.tabs a[href*="tab=skipped"]');
  holds(/broken/.test(await page.locator('.pile li').innerText()), 'the reason that was given');
  await landing(studio, page);
  await byHand(studio, page);
  await piles(studio, page);
  await longAgo(studio, page);
  await overtaken(studio, page);
  await reserved(studio, page);
  await idle(studio);
}

/// The first page says how many are left, how many were done today, how long one takes and how long all will.
async function landing(studio, page) {
  const { fields, questions } = studio.sample('label');
  // Nobody can say that they were at an item for longer than they have it, and this one took two minutes.
  const responses = [{ user: 'ana', status: 'submitted', answers: { q: 'praise' }, at: new Date().toISOString(), active_ms: 120_000 }];
  const dataset = await studio.dataset({ fields, questions }, Array.from({ length: 4 }, (_, at) => ({ fields: { text: `Parcel ${at}` }, ...(at ? {} : { responses }) })));
  await page.goto('/');
  const card = page.locator('.card.dataset', { has: page.locator(`h2:text-is("${dataset}")`) });
  same(await card.locator('.figures dd').allTextContents(), ['3', '1', '2 min 0 s', '6 minutes'], 'left, today, median, time left');
}

/// Skip opens and closes by key; after a click keys go on where they were; only the last submit is offered back.
async function byHand(studio, page) {
  const { fields, questions } = studio.sample('label');
  const dataset = await studio.dataset({ fields, questions }, Array.from({ length: 4 }, (_, at) => ({ fields: { text: `Parcel ${at}` } })));
  await studio.work(page, dataset);
  holds(await page.locator('[data-press="undo"]').isHidden(), 'there is nothing to take back yet');
  const isOpen = () => page.locator('details.skip').evaluate((one) => one.open);
  await press(page, 'Alt+s');
  same(await isOpen(), true, 'Skip is open');
  await studio.pictures('skip-open', page);
  await press(page, 'Escape');
  same(await isOpen(), false, 'Escape closes it');
  // What Option and S give on a Mac.
  await page.evaluate(() => document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'ß', code: 'KeyS', altKey: true, bubbles: true })));
  same(await isOpen(), true, 'Option and S');
  await press(page, 'Escape');
  for (const option of [0, 1]) {
    const item = await page.locator('#stage .item').getAttribute('data-item');
    await page.locator('#stage .option').nth(option).click();
    await page.click('.actions [value="submit"]');
    await until(async () => (await page.locator('#stage .item').getAttribute('data-item')) !== item, 'the next item');
    same(await page.evaluate(() => document.activeElement.dataset.item), await page.locator('#stage .item').getAttribute('data-item'), 'the focus is on it');
  }
  same(await page.locator('.toast:has-text("Submitted.")').count(), 1, 'one message');
  holds(await page.locator('[data-press="undo"]').isVisible(), 'there is a submit to take back');
}

/// What is begun, given back, or waits for others; and what people hear of a known answer they missed.
async function piles(studio, page) {
  const { fields, questions } = studio.sample('label');
  const items = [{ fields: { text: 'one' }, gold: { q: 'billing' } }, { fields: { text: 'two' } }];
  const dataset = await studio.dataset({ fields, questions, distribution: { overlap: 2 }, gold: { rate: 0.5, onboarding: 1, feedback: true } }, items);
  await studio.work(page, dataset);
  const item = () => page.locator('#stage .item').getAttribute('data-item');
  same(await item(), 'i1', 'the item whose answer is known');
  await press(page, '2 Enter');
  await page.waitForSelector('.toast:has-text("differs from yours in: “What is it about?”")');
  await page.click('.toast button:has-text("Look")');
  await until(async () => (await item()) === 'i1', 'the item to come back');
  await press(page, '1 Enter');
  await until(async () => (await item()) === 'i2', 'the other item');
  await press(page, '3');
  await until(async () => (await studio.stored('ana', dataset, 'i2').catch(() => ({}))).status === 'draft', 'the draft');

  const pile = async (tab) => {
    await page.goto(`/d/${dataset}/work?tab=${tab}`);
    same(await page.locator('.tabs [aria-current] .badge').textContent(), '1', `how many are in ${tab}`);
    return page.locator('.pile li');
  };
  await (await pile('draft')).locator('a').click();
  await page.waitForSelector('.question[data-active]');
  same(await page.locator('#stage .question :checked').evaluateAll((all) => all.map((one) => one.value)), ['praise'], 'the draft as it was left');
  await press(page, 'Enter');
  await until(async () => (await studio.stored('ana', dataset, 'i2')).status === 'submitted', 'the draft to be submitted');
  await studio.work(page, dataset);
  same(await page.locator('.finished').getAttribute('data-why'), 'waiting', 'others are needed for the rest');

  await studio.api('lena', `datasets/${dataset}/return`, { item: 'i2', to: 'ana', reason: 'Is this praise?' });
  const returned = await pile('returned');
  holds((await returned.innerText()).includes('Is this praise?'), 'why it was given back');
  await returned.locator('a').click();
  await page.waitForSelector('.notice:has-text("Given back by a reviewer. Is this praise?")');
}

/// The way back goes on when it is longer than what this page keeps.
async function longAgo(studio, page) {
  const { fields, questions } = studio.sample('rating');
  const dataset = await studio.dataset({ fields, questions }, Array.from({ length: 54 }, (_, at) => ({ fields: { text: `Ticket ${at}` } })));
  await studio.work(page, dataset);
  const item = () => page.locator('#stage .item').getAttribute('data-item');
  const walk = (keys, steps) => page.evaluate(async ([pressed, many]) => {
    const here = () => document.querySelector('#stage .item')?.dataset.item;
    const seen = [here()];
    while (seen.length <= many) {
      for (const key of pressed) document.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
      const end = performance.now() + 8000;
      while (!here() || here() === seen.at(-1)) {
        if (performance.now() > end) throw new Error(`nothing came after ${seen.length} items`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      seen.push(here());
    }
    return seen;
  }, [keys, steps]);
  const forth = await walk(['3', 'Enter'], 53);
  await until(async () => (await page.locator('[data-count="submitted"]').textContent()) === '53', 'every answer');
  const back = await walk(['ArrowLeft'], 53);
  same(back, forth.toReversed(), 'the same way back');
  await press(page, 'ArrowLeft');
  await page.waitForSelector('.toast:has-text("the first item you worked on")');
  same(await item(), forth[0], 'and no further');
}

/// An item that was answered while the server was asked for more does not come back; a server too busy to answer is asked again.
async function overtaken(studio, page) {
  const { fields, questions } = studio.sample('rating');
  const dataset = await studio.dataset({ fields, questions }, Array.from({ length: 12 }, (_, at) => ({ fields: { text: `Ticket ${at}` } })));
  const item = () => page.evaluate(() => document.querySelector('#stage .item')?.dataset.item);
  const submitted = (many) => until(async () => (await studio.api('ana', `datasets/${dataset}/history?limit=20`)).items.filter(({ status }) => status === 'submitted').length === many, `${many} answers`);
  const answerAll = async (known) => {
    const seen = [];
    for (let now = await item(); now; now = await item()) {
      holds(!known.includes(now) && !seen.includes(now), `${now} came twice`);
      seen.push(now);
      await press(page, '3 Enter');
    }
    return seen;
  };
  let [release, asked] = [];
  const [released, wasAsked] = [new Promise((resolve) => { release = resolve; }), new Promise((resolve) => { asked = resolve; })];
  let meets = null;
  await page.route('**/next', (route) => (meets ?? ((one) => one.fallback()))(route));
  await page.route('**/submit', async (route) => { await wasAsked; await route.fallback(); });
  await studio.work(page, dataset);
  await page.waitForTimeout(500);

  meets = async (route) => {
    meets = null;
    const response = await route.fetch();
    asked();
    await released;
    await route.fulfill({ response });
  };
  const first = await answerAll([]);
  await submitted(first.length);
  await page.waitForTimeout(200);
  release();
  await until(item, 'the next item');
  holds(!first.includes(await item()), 'what was answered stays away');

  meets = (route) => route.fulfill({ status: 503, json: { error: { kind: 'busy', message: 'the studio is busy' } } });
  const second = await answerAll(first);
  await submitted(first.length + second.length);
  meets = null;
  await until(item, 'the next item, once the server has time', 10_000);
  await page.unroute('**/submit');
  await page.unroute('**/next');
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
  const opened = Date.now();
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
  const [sent] = await Promise.all([page.waitForRequest('**/submit'), press(page, '1 Enter')]);
  const told = sent.postDataJSON().active_ms / 1000;
  holds(Math.abs(told - before - 40) < 5, `the response took ${told} s, of them ${before} s before the clock stood`);
  await until(async () => (await studio.stored('ben', dataset, item)).status === 'submitted', 'the submit');
  // The clock of the page ran ahead: the server believes no more than has passed since it gave the item.
  const [{ seconds: took }] = (await studio.api('olga', `datasets/${dataset}/item?item=${item}`)).responses;
  const passed = (Date.now() - opened) / 1000;
  holds(took > 0 && took <= passed, `the server believes ${took} s of ${told} s, and ${passed} s have passed`);
}
