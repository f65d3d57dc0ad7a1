// Guidelines open beside the item; a change since the last visit is shown until it is acknowledged.

import { holds, press, same, until } from '../studio.mjs';

export default async function guidelines(studio) {
  const { fields, questions: [{ options: [billing, outage, ...others], ...asked }] } = studio.sample('label');
  const questions = [{ ...asked, options: [billing, { ...outage, example: 'Nothing loads' }, ...others] }];
  const schema = { fields, questions, guidelines: '# Tickets\n\nRead to the end.\n\n- Outage: a service is **down**.' };
  const dataset = await studio.dataset(schema, Array.from({ length: 6 }, (_, at) => ({ fields: { text: `Ticket ${at}` } })));
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
  same(await page.locator('#guidelines dl.answers').innerText(), 'Outage\nA service is down · For example: Nothing loads', 'what an option means, with a text that it fits');
  same(await studio.axe(page), [], 'the panel is accessible');
  await studio.pictures('guidelines-changed', page);
  await page.click('[data-action="acknowledge"]');
  await page.waitForSelector('#guidelines', { state: 'hidden' });
  const onItem = () => page.evaluate(() => document.activeElement.matches('#stage .item'));
  holds(await onItem(), 'the focus goes on to the item when they are acknowledged');
  await press(page, 'g');
  await page.waitForSelector('#guidelines', { state: 'visible' });
  await page.locator('[data-action="find-guideline"]').fill('down');
  await until(() => page.evaluate(() => CSS.highlights.get('found')?.size === 2), 'the word to be found in the guidelines and in what an option means');
  await press(page, 'Escape g');
  await page.waitForSelector('#guidelines', { state: 'hidden' });
  holds(await onItem(), 'and when they are closed');
  // Caps Lock makes another letter of the same key.
  await page.evaluate(() => document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: 'G', code: 'KeyG', bubbles: true })));
  await page.waitForSelector('#guidelines', { state: 'visible' });

  await midway(studio);

  // On a narrow screen a button stands for unread guidelines, so that the item comes first.
  const phone = await studio.as('ben', { width: 360, height: 640 });
  await studio.work(phone, dataset);
  await studio.photograph('guidelines-unread-360', phone);
  holds(await phone.locator('#guidelines').isHidden(), 'they are closed');
  const { y } = await phone.locator('#stage .shown').first().boundingBox();
  holds(y < 320, `the item begins in the upper half, not ${y} pixels down`);
  same(await studio.axe(phone), [], 'the button is accessible');
  await phone.click('.bench > .unread');
  await phone.click('[data-action="acknowledge"]');
  await phone.waitForSelector('#guidelines', { state: 'hidden' });
  same(await phone.locator('.bench > .unread').count(), 0, 'once read, the button is gone');
}

/// The questions change while somebody works: they are told, nothing is asked in vain, and what still fits is kept.
async function midway(studio) {
  const fields = [{ name: 'text', type: 'text' }];
  const asking = (options) => [{ name: 'q', title: 'What is it?', type: 'label', options }, { name: 'why', type: 'text', required: false }];
  // Without guidelines nobody is asked to read, but a new option is news.
  const schema = { fields, questions: asking(['a1', 'b1']) };
  const dataset = await studio.dataset(schema, Array.from({ length: 5 }, (_, at) => ({ fields: { text: `Ticket ${at}` } })));
  const page = await studio.as('ana');
  await studio.work(page, dataset);
  holds(await page.locator('#guidelines').isHidden(), 'there is nothing to read');
  const first = await page.locator('#stage .item').getAttribute('data-item');
  await page.fill('[name="q.why"]', 'Because.');
  await page.locator('[name="q.why"]').blur();
  await studio.api('olga', `datasets/${dataset}/schema`, { schema: { ...schema, questions: asking(['c1', 'd1']) } });
  await press(page, 'Escape ArrowUp 1 Control+Enter');
  await until(async () => (await page.locator('#stage .item').getAttribute('data-status').catch(() => '')) === 'draft', 'the item to come back');
  same(await page.locator('#stage .item').getAttribute('data-item'), first, 'the same');
  same([await page.locator('.renewed').count(), await page.locator('.toast').count()], [1, 0], 'it is said why, and nobody is asked whether they meant another option');
  same(await studio.axe(page), [], 'the notice is accessible');
  await studio.pictures('schema-changed', page);
  await Promise.all([page.waitForURL(/item=/), page.click('.renewed button')]);
  await page.waitForSelector('.question[data-active]');
  same(await page.locator('#stage .option .words').allTextContents(), ['c1', 'd1'], 'the new options');
  same([await page.locator('#stage .item').getAttribute('data-item'), await page.inputValue('[name="q.why"]')], [first, 'Because.'], 'of the same item, with what still fits');
  same(await page.locator('.renewed').count(), 0, 'it is what is asked now');
  same(await page.locator('#guidelines ins').allTextContents(), ['What is it? – c1', 'What is it? – d1'], 'new options are changes');
  await page.click('[data-action="acknowledge"]');
  await page.locator('[data-question="q"] .option').first().click();
  await press(page, 'Control+Enter');
  await until(async () => (await studio.stored('ana', dataset, first)).status === 'submitted', 'the answer under the new questions');
  same((await studio.stored('ana', dataset, first)).answers, { q: 'c1', why: 'Because.' }, 'both parts');

  // Whoever only reads is told too, and what waits behind is drawn anew.
  await until(async () => (await page.locator('#stage .item').getAttribute('data-item').catch(() => first)) !== first, 'the next item');
  await studio.api('olga', `datasets/${dataset}/schema`, { schema: { ...schema, questions: asking(['c1', 'd1', 'e1']) } });
  await press(page, '1 Control+Enter');
  await until(async () => (await page.locator('#stage .item .words').allTextContents()).includes('e1') || (await page.locator('.renewed').count()) > 0, 'to be told of a third option');
}
