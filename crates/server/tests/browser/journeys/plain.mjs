// Without JavaScript the same page is a form: it saves drafts, asks what depends on other answers, skips and submits.

import { holds, same } from '../studio.mjs';

export default async function plain(studio) {
  const { fields, questions } = studio.sample('several');
  const dataset = await studio.dataset({ fields, questions }, [{ fields: { text: 'one' } }, { fields: { text: 'two' } }]);
  const page = await studio.as('ana', { javaScriptEnabled: false });
  await page.goto(`/d/${dataset}/work`);
  const first = await page.locator('.item').getAttribute('data-item');
  holds(await page.locator('[data-question="why"]').isHidden(), 'a question whose condition is open is not asked');
  await page.check('[name="q.topic"][value="billing"]');
  await page.click('.actions [value="draft"]');
  same((await studio.stored('ana', dataset, first)).status, 'draft', 'the draft is kept');

  await page.goto(`/d/${dataset}/work?item=${first}`);
  await page.fill('[name="q.why"]', 'The bill of March');
  await page.click('.actions [value="submit"]');
  same((await studio.stored('ana', dataset, first)).answers, { topic: 'billing', why: 'The bill of March' }, 'the answers');
  same((await studio.stored('ana', dataset, first)).status, 'submitted', 'they count');

  await page.goto(`/d/${dataset}/work`);
  const second = await page.locator('.item').getAttribute('data-item');
  holds(second !== first, 'the next item');
  await page.click('details.skip summary');
  await page.selectOption('[name="reason"]', 'unclear');
  await page.click('[value="skip"]');
  same((await studio.stored('ana', dataset, second)).status, 'skipped', 'the item goes to somebody else');
}
