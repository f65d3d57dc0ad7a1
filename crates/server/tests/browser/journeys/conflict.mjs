// Two windows on one item: the second hears of it and decides; nothing is overwritten without a word.

import { holds, press, same, until } from '../studio.mjs';

export default async function conflict(studio) {
  const { fields, questions } = studio.sample('label');
  const dataset = await studio.dataset({ fields, questions }, [{ fields: { text: 'one' } }, { fields: { text: 'two' } }]);
  const [left, right] = [await studio.as('ana'), await studio.as('ana')];
  await studio.work(left, dataset);
  await studio.work(right, dataset, `?item=${await left.locator('#stage .item').getAttribute('data-item')}`);
  const item = await left.locator('#stage .item').getAttribute('data-item');
  const draft = async () => (await studio.stored('ana', dataset, item)).answers?.q;
  await press(left, '1');
  await until(async () => (await draft()) === 'billing', 'the draft of the left window');

  await press(right, '2');
  await right.waitForSelector('dialog[open]');
  same(await draft(), 'billing', 'nothing was overwritten');
  await right.click('dialog button:has-text("Compare")');
  const row = await right.locator('.compare tr[data-differs] td').allTextContents();
  same(row.map((cell) => cell.trim()), ['Outage', 'billing'], 'mine and theirs side by side');
  same(await studio.axe(right), [], 'the dialog is accessible');
  await right.click('dialog button:has-text("Keep mine")');
  await until(async () => (await draft()) === 'outage', 'my answer to be kept');

  await press(left, '3');
  await left.waitForSelector('dialog[open]');
  await left.click('dialog button:has-text("Take theirs")');
  await left.waitForSelector('dialog', { state: 'detached' });
  same(await left.locator('#stage .question :checked').evaluateAll((all) => all.map((one) => one.value)), ['outage'], 'their answer is on the screen');
  holds((await draft()) === 'outage', 'and still stored');
}
