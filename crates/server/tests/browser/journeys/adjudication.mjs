// A reviewer decides between two people who disagree, with the keyboard, without knowing who said what.

import { holds, press, same, until } from '../studio.mjs';

export default async function adjudication(studio) {
  const { fields, questions } = studio.sample('label');
  const dataset = await studio.dataset({ fields, questions, distribution: { overlap: 2 } }, [{ fields: { text: 'one' } }, { fields: { text: 'two' } }]);
  for (const [user, answers] of [['ana', ['billing', 'praise']], ['ben', ['outage', 'praise']]]) {
    const { items } = await studio.api(user, `datasets/${dataset}/next`, { how_many: 2 });
    for (const { item, lease, version } of items) {
      await studio.api(user, `datasets/${dataset}/submit`, { item, lease, version, answers: { q: answers[item === 'i1' ? 0 : 1] } });
    }
  }
  const page = await studio.as('rosa');
  await page.goto(`/d/${dataset}/review`);
  same(await studio.axe(page), [], 'the list of conflicts is accessible');
  await page.goto(`/d/${dataset}/review/i1`);
  same(await studio.axe(page), [], 'the page of a conflict is accessible');
  const shown = await page.locator('main').innerText();
  holds(!/\bana\b|\bben\b/.test(shown), 'names are hidden');
  holds(/billing/.test(shown) && /Outage/.test(shown), 'both answers are there');
  await press(page, '1');
  await press(page, 'Enter');
  await until(async () => (await studio.api('olga', `datasets/${dataset}/item?item=i1`)).resolution?.source === 'adjudicated', 'the decision');
}
