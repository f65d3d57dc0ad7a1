// A lead watches two people disagree, follows a figure to its items, and a reviewer decides without knowing who said what.

import { holds, press, same, until } from '../studio.mjs';

export default async function adjudication(studio) {
  const { fields, questions } = studio.sample('label');
  const dataset = await studio.dataset({ fields, questions, distribution: { overlap: 2 } }, [{ fields: { text: 'one' } }, { fields: { text: 'two' } }, { fields: { text: 'three' } }]);
  const said = { i1: ['billing', 'outage'], i2: ['praise', 'praise'], i3: ['billing', 'outage'] };
  const answer = async (user, which) => {
    const { items } = await studio.api(user, `datasets/${dataset}/next`, { how_many: 3 });
    for (const { item, lease, version } of items.filter((one) => which.includes(one.item))) {
      await studio.api(user, `datasets/${dataset}/submit`, { item, lease, version, answers: { q: said[item][user === 'ana' ? 0 : 1] } });
    }
  };
  await answer('ana', ['i1', 'i2', 'i3']);
  const lead = await studio.as('lena');
  await lead.goto(`/d/${dataset}/dashboard`);
  const figures = () => lead.locator('#figures').innerText();
  await until(async () => /3 responses · 3 to go/.test(await figures()), 'the figures of one person');
  // The page is told: nothing is reloaded, and nothing is asked while nothing happens.
  const asked = [];
  lead.on('request', (request) => asked.push(request.url()));
  await answer('ben', ['i1', 'i2']);
  await until(async () => /5 responses · 1 to go/.test(await figures()), 'the figures to follow');
  same(asked.filter((url) => !/\/live$/.test(url)), [], 'nothing but the stream');
  await answer('ben', ['i3']);
  await until(async () => /3 items · 6 responses/.test(await figures()), 'the figures to follow once more');
  same(await studio.axe(lead), [], 'a dashboard with disagreement is accessible');

  // Every cell of the matrix leads to its items.
  await Promise.all([lead.waitForURL(/other=/), lead.locator('.matrix td.other a').first().click()]);
  same(await lead.locator('.table tbody th a').allTextContents(), ['i1', 'i3'], 'the items behind the cell');
  same(await lead.locator('.table tbody td.title').allTextContents(), ['one', 'three'], 'with their texts');
  await lead.click('.table tbody th a');
  await lead.waitForSelector('.item-detail .card');

  const page = await studio.as('rosa');
  await page.goto(`/d/${dataset}/review`);
  same(await studio.axe(page), [], 'the list of conflicts is accessible');
  await page.goto(`/d/${dataset}/review/i1`);
  await lead.goto(`/d/${dataset}/review/i1`);
  same(await studio.axe(page), [], 'the page of a conflict is accessible');
  const shown = await page.locator('main').innerText();
  holds(!/\bana\b|\bben\b/.test(shown), 'names are hidden');
  holds(/billing/.test(shown) && /Outage/.test(shown), 'both answers are there');
  await press(page, '1');
  const picked = await page.locator('.pick:has(:checked) .said').innerText();
  await press(page, 'Enter');
  const item = () => studio.api('olga', `datasets/${dataset}/item?item=i1`);
  await until(async () => (await item()).resolution?.source === 'adjudicated', 'the decision');
  const { resolution } = await item();

  // The lead's page is older than the decision: hers is refused, and she sees what was decided.
  await press(lead, '2');
  await press(lead, 'Enter');
  await lead.waitForSelector('[role="alert"]:has-text("your decision was not kept")');
  holds((await lead.locator('section.notice').innerText()).includes(picked), 'the newer decision is shown');
  same((await item()).resolution, resolution, 'and stands');
  same(await studio.axe(lead), [], 'the page of a decision made meanwhile is accessible');
}
