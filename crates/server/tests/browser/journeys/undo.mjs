// Undo goes back step by step, over the last submit too, and redo forward again.

import { holds, press, same, until } from '../studio.mjs';

export default async function undo(studio) {
  const { fields, questions } = studio.sample('labels');
  const dataset = await studio.dataset({ fields, questions }, [{ fields: { text: 'one' } }, { fields: { text: 'two' } }]);
  const page = await studio.as('ana');
  await studio.work(page, dataset);
  const chosen = () => page.locator('#stage .question :checked').evaluateAll((inputs) => inputs.map((input) => input.value));
  await press(page, '1 2 3');
  await press(page, 'Control+z Control+z');
  same(await chosen(), ['Reason 1'], 'two steps back');
  await press(page, 'Control+Shift+z');
  same(await chosen(), ['Reason 1', 'Reason 2'], 'one step forward');
  await page.click('[data-press="undo"]');
  same(await chosen(), ['Reason 1'], 'back by button');
  await page.click('[data-press="redo"]');
  same(await chosen(), ['Reason 1', 'Reason 2'], 'and forward');
  holds(await page.locator('[data-press="redo"]').isVisible(), 'there is one more step');
  await page.click('[data-press="redo"]');
  same(await chosen(), ['Reason 1', 'Reason 2', 'Reason 3'], 'the last one');
  holds(await page.locator('[data-press="redo"]').isHidden(), 'there is nothing more to redo');
  await press(page, 'Control+z');

  const first = await page.locator('#stage .item').getAttribute('data-item');
  await press(page, 'Enter');
  await until(async () => (await studio.stored('ana', dataset, first)).status === 'submitted', 'the submit');
  await press(page, 'Control+z');
  await until(async () => (await page.locator('#stage .item').getAttribute('data-item')) === first, 'the submitted item to come back');
  same(await chosen(), ['Reason 1', 'Reason 2'], 'with its answers');
  same((await studio.stored('ana', dataset, first)).status, 'draft', 'it is a draft again');

  await press(page, '4 Enter');
  await until(async () => (await studio.stored('ana', dataset, first)).status === 'submitted', 'the second submit');
  same((await studio.stored('ana', dataset, first)).answers.q, ['Reason 1', 'Reason 2', 'Reason 4'], 'the changed answers');
  await press(page, 'ArrowLeft');
  await until(async () => (await page.locator('#stage .item').getAttribute('data-item')) === first, 'the way back through the history');
  await page.click('[data-press="next"]');
  await until(async () => (await page.locator('#stage .item').getAttribute('data-item')) !== first, 'forward by button');
  await page.click('[data-press="previous"]');
  await until(async () => (await page.locator('#stage .item').getAttribute('data-item')) === first, 'back by button');

  // Behind the last item nothing is left to step back in: undo takes the last submit back, by key and by button.
  await press(page, 'ArrowRight 2 Enter');
  await page.waitForSelector('#stage .finished');
  await until(async () => (await studio.stored('ana', dataset, 'i2')).status === 'submitted', 'the last submit');
  same(await page.locator('.finished').getAttribute('data-why'), 'done', 'every item has its answers');
  for (const back of [() => press(page, 'Control+z'), () => page.locator('.toast button').last().click()]) {
    await back();
    await until(async () => (await page.locator('#stage .item').getAttribute('data-item').catch(() => null)) === 'i2', 'the last item to come back');
    same(await chosen(), ['Reason 2'], 'with its answers');
    same((await studio.stored('ana', dataset, 'i2')).status, 'draft', 'as a draft');
    await press(page, 'Enter');
    await until(async () => (await studio.stored('ana', dataset, 'i2')).status === 'submitted', 'the last submit, again');
    await page.waitForSelector('#stage .finished');
  }

  // One key is one step, also where it ticks the passage that the sentence cites.
  const { fields: shown, questions: asked, item } = studio.sample('support');
  await studio.work(page, await studio.dataset({ fields: shown, questions: asked }, [{ fields: item }]));
  const ticked = () => page.locator('#stage .question :checked').count();
  await press(page, '1');
  same(await ticked(), 2, 'the verdict and the passage');
  await press(page, 'Control+z');
  same(await ticked(), 0, 'both are taken back');
}
