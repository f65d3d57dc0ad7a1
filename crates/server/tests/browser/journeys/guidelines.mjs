// Guidelines open beside the item; a change since the last visit is shown until it is acknowledged.

import { holds, press, same, until } from '../studio.mjs';

export default async function guidelines(studio) {
  const { fields, questions } = studio.sample('label');
  const schema = { fields, questions, guidelines: '# Tickets\n\nRead to the end.\n\n- Outage: a service is **down**.' };
  const dataset = await studio.dataset(schema, [{ fields: { text: 'one' } }]);
  const page = await studio.as('ana');
  await studio.work(page, dataset);
  holds(await page.locator('#guidelines').isVisible(), 'unread guidelines are open');
  await page.click('[data-action="acknowledge"]');
  await page.waitForSelector('#guidelines', { state: 'hidden' });
  await page.reload();
  await page.waitForSelector('.question[data-active]');
  holds(await page.locator('#guidelines').isHidden(), 'acknowledged guidelines stay closed');

  await studio.api('olga', `datasets/${dataset}/schema`, { schema: { ...schema, guidelines: schema.guidelines.replace('Read to the end.', 'Read to the end, twice.') } });
  await page.reload();
  await page.waitForSelector('.question[data-active]');
  holds(await page.locator('#guidelines').isVisible(), 'changed guidelines open again');
  same(await page.locator('#guidelines ins').allTextContents(), ['Read to the end, twice.'], 'the new line');
  same(await page.locator('#guidelines del').allTextContents(), ['Read to the end.'], 'the old line');
  same(await studio.axe(page), [], 'the panel is accessible');
  await page.click('[data-action="acknowledge"]');
  await page.waitForSelector('#guidelines', { state: 'hidden' });
  await press(page, 'g');
  await page.waitForSelector('#guidelines', { state: 'visible' });
  await page.locator('[data-action="find-guideline"]').fill('down');
  await until(() => page.evaluate(() => CSS.highlights.get('cited')?.size === 1), 'the word to be found');
  await press(page, 'Escape g');
  await page.waitForSelector('#guidelines', { state: 'hidden' });
}
