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
  await studio.pictures('conflict', right);
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

  // Escape decides nothing: mine stays on the screen, theirs on the server, until I go on.
  await press(right, '1');
  await until(async () => (await draft()) === 'billing', 'the next draft of the right window');
  const writes = [];
  left.on('request', (request) => { if (/\/(draft|submit)$/.test(request.url())) writes.push(request.url()); });
  await press(left, '4');
  await left.waitForSelector('dialog[open]');
  same(writes.length, 1, 'the draft that was refused');
  await press(left, 'Escape');
  await left.waitForSelector('dialog', { state: 'detached' });
  same(await left.locator('#stage .question :checked').evaluateAll((all) => all.map((one) => one.value)), ['other'], 'mine is on the screen');
  await left.waitForTimeout(800);
  same([writes.length, await draft()], [1, 'billing'], 'nothing was sent, theirs stands');
  await press(left, 'Enter');
  await until(async () => (await studio.stored('ana', dataset, item)).status === 'submitted', 'my answer, once I send it');
  same(await draft(), 'other', 'it is the one that was seen');
}
