// Known right answers: taken from somebody's answer, changed, taken away, and said with a decision; leads only.

import { holds, press, same } from '../studio.mjs';

export default async function knownAnswers(studio) {
  const { fields, questions, item } = studio.sample('label');
  const dataset = await studio.dataset({ fields, questions, distribution: { overlap: 2 } }, [{ fields: item }, { fields: item, metadata: { n: 2 } }]);
  for (const [user, q] of [['ana', 'billing'], ['ben', 'outage']]) {
    const { items } = await studio.api(user, `datasets/${dataset}/next`, { how_many: 2 });
    for (const one of items) await studio.api(user, `datasets/${dataset}/submit`, { item: one.item, lease: one.lease, version: one.version, answers: { q }, active_ms: 5000 });
  }
  const gold = async (id) => (await studio.api('lena', `datasets/${dataset}/item?item=${id}`)).gold ?? null;
  const page = await studio.as('lena');
  await page.goto(`/d/${dataset}/items/i1`);
  same(await studio.axe(page), [], 'the item is accessible');
  await studio.pictures('known-item', page, { whole: true });
  await page.locator('.card:has(h3:has-text("ana")) button:has-text("This is the right answer")').click();
  await page.waitForSelector('.card:has(h3:has-text("ana")) .badge:has-text("known to be right")');
  same(await gold('i1'), { q: 'billing' }, 'her answer is the known one');

  await page.click('[data-known] a');
  await page.waitForSelector('.question[data-active]');
  same(await page.locator('.question :checked').getAttribute('value'), 'billing', 'what is known is filled in');
  same(await studio.axe(page), [], 'the form is accessible');
  await studio.pictures('known-form', page);
  await Promise.all([page.waitForURL(/items\/i1$/), press(page, '3 Enter')]);
  same(await gold('i1'), { q: 'praise' }, 'changed by keys');
  await page.locator('[data-known] button:has-text("No longer known")').click();
  await page.waitForSelector('[data-known] .muted');
  same(await gold('i1'), null, 'taken away');

  await page.goto(`/d/${dataset}/review/i2`);
  await page.check('[name="known"]');
  await studio.pictures('known-review', page);
  await page.locator('.pick').first().click();
  await Promise.all([page.waitForURL((at) => !at.pathname.endsWith('/i2')), page.click('.decide .primary')]);
  const { gold: right, resolution } = await studio.api('lena', `datasets/${dataset}/item?item=i2`);
  holds(right?.q, 'the decision is the known answer');
  same(right, resolution.answers, 'the same');

  const other = await studio.as('rosa');
  await other.goto(`/d/${dataset}/review/i1`);
  same(await other.locator('[name="known"]').count(), 0, 'a reviewer measures nobody');
}
