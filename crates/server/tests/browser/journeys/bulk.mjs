// Many at once: a range with Shift, one key for all of them, one undo, and what is like an item.

import { holds, press, same, until } from '../studio.mjs';

export default async function bulk(studio) {
  const { fields, questions } = studio.sample('label');
  const dataset = await studio.dataset({ fields, questions }, Array.from({ length: 9 }, (_, at) => ({ fields: { text: `${at % 3 ? 'Invoice' : 'Outage'} ticket ${at}` } })));
  const page = await studio.as('ana');
  let [posts, letGo] = [0, null];
  const held = new Promise((resolve) => { letGo = resolve; });
  // From before the page is there: a browser may take a moment until it asks about requests of a page that is.
  await page.route('**/api/**/bulk', async (route) => { posts += 1; await held; return route.fallback(); });
  await page.goto(`/d/${dataset}/bulk`);
  await page.waitForSelector('.question[data-active]');
  same(await page.locator('tbody tr').count(), 9, 'all rows');
  await page.locator('tbody tr').nth(1).click();
  await page.locator('tbody tr').nth(4).click({ modifiers: ['Shift'] });
  same(await page.locator('[data-affects]').textContent(), 'affects 4 items', 'it says how many');
  same(await studio.axe(page), [], 'the page is accessible');
  // What is pressed while the first answer is on its way is not sent too.
  await press(page, '1 2');
  letGo();
  await page.waitForSelector('.toast:has-text("Labelled 4 of 4")');
  await page.unroute('**/api/**/bulk');
  same(posts, 1, 'one request');
  const done = async (row) => (await studio.stored('ana', dataset, `i${row + 1}`).catch(() => ({}))).status ?? 'pending';
  same(await Promise.all([0, 1, 4, 5].map(done)), ['pending', 'submitted', 'submitted', 'pending'], 'the range and nothing else');
  same((await studio.stored('ana', dataset, 'i2')).answers.q, 'billing', 'with the label of the key');
  await page.click('.toast button:has-text("Undo")');
  await page.waitForSelector('.toast:has-text("Undone")');
  holds((await done(1)) !== 'submitted' && (await done(4)) !== 'submitted', 'one undo takes all back');

  await page.fill('[name="text"]', 'Outage');
  await press(page, 'Enter');
  await page.waitForSelector('.question[data-active]');
  await until(async () => (await page.locator('tbody tr').allTextContents()).every((row) => row.includes('Outage')), 'the filtered rows');
  holds((await page.locator('tbody tr').count()) > 1, 'items with the word');
  await inReach(studio);
  await sizes(studio);
  await similar(studio);
}

/// Whatever is asked, and however far the rows are moved, the button is where the pointer can go.
async function inReach(studio) {
  const fields = [{ name: 'text', type: 'text' }];
  const options = (many) => Array.from({ length: many }, (_, at) => `Category number ${at + 1}`);
  const questions = [{ name: 'q', type: 'labels', options: options(20) }, { name: 'why', type: 'text', required: false }];
  const dataset = await studio.dataset({ fields, questions }, Array.from({ length: 20 }, (_, at) => ({ fields: { text: `Ticket ${at}: the invoice was charged twice and nobody answers` } })));
  for (const [width, height] of [[1280, 800], [360, 640]]) {
    const page = await studio.as('ana', { width, height });
    await page.goto(`/d/${dataset}/bulk`);
    await page.waitForSelector('.question[data-active]');
    for (const to of [0, 300, 1e6]) {
      await page.evaluate((top) => scrollTo(0, top), to);
      const { y, height: tall } = await page.locator('[data-do="label-all"]').boundingBox();
      holds(y >= 0 && y + tall <= height, `the button at ${width} × ${height}, scrolled to ${to}: ${y} + ${tall}`);
    }
    await page.evaluate(() => scrollTo(0, 0));
    await page.locator('.option:has-text("Category number 20")').click();
    await page.locator('.writing textarea').click();
    await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
    await page.locator('tbody tr').last().click();
    same(await page.locator('[data-affects]').textContent(), 'affects 1 item', 'the last row is in reach too');
    await page.locator('[data-do="label-all"]').click({ trial: true });
    await studio.pictures(`bulk-reach-${width}`, page);
    const { y: top } = await page.locator('.asking').boundingBox();
    if (width < 500) holds((await page.locator('tbody tr').evaluateAll((rows, edge) => rows.filter((row) => row.getBoundingClientRect().bottom <= edge && row.getBoundingClientRect().top >= 0).length, top)) >= 3, 'rows are seen above the questions');
  }
}

/// As many rows as wanted, and the rest behind them.
async function sizes(studio) {
  const { fields, questions } = studio.sample('label');
  const dataset = await studio.dataset({ fields, questions }, Array.from({ length: 60 }, (_, at) => ({ fields: { text: `Ticket ${at}` } })));
  const page = await studio.as('ana');
  await page.goto(`/d/${dataset}/bulk`);
  const rows = page.locator('tbody tr');
  same(await rows.count(), 50, 'fifty unless something else is wanted');
  for (const [wanted, shown] of [['25', 25], ['100', 60]]) {
    await page.selectOption('[name="limit"]', wanted);
    await Promise.all([page.waitForURL(new RegExp(`limit=${wanted}`)), page.click('.finding button')]);
    same(await rows.count(), shown, `${wanted} rows`);
  }
  await page.goto(`/d/${dataset}/bulk?limit=25`);
  await Promise.all([page.waitForURL(/after=/), page.click('a:has-text("More items")')]);
  same([await rows.count(), await rows.first().getAttribute('data-item')], [25, 'i26'], 'the next rows');
}

/// What is like an item stands first: by meaning, for the words of the likest are other ones.
async function similar(studio) {
  const { fields, questions } = studio.sample('label');
  const texts = [
    'My card was charged twice for the same invoice.',
    'The card that I got for my birthday shows the same boat twice.',
    'You billed me two times this month, please refund one payment.',
    'How do I paint a boat?',
  ];
  const dataset = await studio.dataset({ fields, questions }, texts.map((text) => ({ fields: { text } })));
  const page = await studio.as('ben');
  await studio.work(page, dataset);
  same(await page.locator('#stage .item').getAttribute('data-item'), 'i1', 'the item in question');
  await page.click('.tools a:has-text("Similar")', { timeout: 60_000 });
  await page.waitForSelector('.question[data-active]', { timeout: 60_000 });
  const rows = () => page.locator('tbody tr').evaluateAll((all) => all.map((row) => row.dataset.item));
  same((await rows()).slice(0, 2), ['i1', 'i3'], 'the item itself, then what means the same');
  same((await rows()).length, 4, 'the others behind it');
  same(await studio.axe(page), [], 'the page is accessible');
  await page.locator('tbody tr').nth(3).click();
  await Promise.all([page.waitForURL(/like=/), page.click('[data-do="similar"]')]);
  await page.waitForSelector('.question[data-active]');
  same((await rows())[0], await page.locator('[data-like]').getAttribute('data-like'), 'like the row that was chosen');
}
