// Without a connection work goes on; with it everything arrives, also after a reload.

import { press, same, until } from '../studio.mjs';

export default async function offline(studio) {
  const { fields, questions } = studio.sample('label');
  const dataset = await studio.dataset({ fields, questions }, Array.from({ length: 6 }, (_, at) => ({ fields: { text: `Ticket ${at}` } })));
  const page = await studio.as('ana');
  await studio.work(page, dataset);
  await page.waitForTimeout(500);
  const item = () => page.locator('#stage .item').getAttribute('data-item');
  await page.context().setOffline(true);
  const done = [];
  for (const key of ['1', '2']) {
    done.push(await item());
    await press(page, `${key} Enter`);
    await until(async () => (await item()) !== done.at(-1), 'the next item, offline');
  }
  await page.waitForSelector('.offline');
  await page.context().setOffline(false);
  await until(async () => (await studio.stored('ana', dataset, done[0]).catch(() => ({}))).status === 'submitted', 'the first answer to arrive', 15000);
  await until(async () => (await studio.stored('ana', dataset, done[1]).catch(() => ({}))).status === 'submitted', 'the second answer to arrive', 15000);
  same((await studio.stored('ana', dataset, done[1])).answers.q, 'outage', 'as it was given');
  await until(async () => (await page.locator('.offline').count()) === 0, 'the banner to go');

  // The connection breaks while the answer is on its way, and the page is closed before it comes back.
  await page.route('**/api/**', (route) => route.abort());
  const third = await item();
  await press(page, '3 Enter');
  await page.waitForSelector('.offline');
  await page.unroute('**/api/**');
  await page.reload();
  await until(async () => (await studio.stored('ana', dataset, third).catch(() => ({}))).status === 'submitted', 'the third answer to arrive after the reload', 15000);
}
