// Many at once: a range with Shift, one key for all of them, one undo, and what is like an item.

import { holds, press, same, until } from '../studio.mjs';

export default async function bulk(studio) {
  const { fields, questions } = studio.sample('label');
  const dataset = await studio.dataset({ fields, questions }, Array.from({ length: 9 }, (_, at) => ({ fields: { text: `${at % 3 ? 'Invoice' : 'Outage'} ticket ${at}` } })));
  const page = await studio.as('ana');
  await page.goto(`/d/${dataset}/bulk`);
  await page.waitForSelector('.question[data-active]');
  same(await page.locator('tbody tr').count(), 9, 'all rows');
  await page.locator('tbody tr').nth(1).click();
  await page.locator('tbody tr').nth(4).click({ modifiers: ['Shift'] });
  same(await page.locator('[data-affects]').textContent(), 'affects 4 items', 'it says how many');
  same(await studio.axe(page), [], 'the page is accessible');
  await press(page, '1');
  await page.waitForSelector('.toast:has-text("Labelled 4 of 4")');
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
  await similar(studio);
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
