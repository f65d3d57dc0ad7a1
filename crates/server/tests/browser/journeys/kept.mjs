// An answer stays on this device until the server says that it has it: what was given without a connection, what was
// refused, and what an old page sent.

import { press, same, until } from '../studio.mjs';

export default async function kept(studio) {
  await withoutAConnection(studio);
  await refusedOrOld(studio);
}

/// Work goes on without a connection; with it everything arrives, also after a reload.
async function withoutAConnection(studio) {
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
  await studio.pictures('offline', page);
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

/// Refused answers and those of an old page wait, and undo takes back the last of them and no other.
async function refusedOrOld(studio) {
  const { fields, questions } = studio.sample('label');
  const dataset = await studio.dataset({ fields, questions }, Array.from({ length: 8 }, (_, at) => ({ fields: { text: `Ticket ${at}` } })));
  const page = await studio.as('ana');
  const next = () => page.evaluate(() => performance.getEntriesByType('resource').some(({ name, responseEnd }) => name.endsWith('/next') && responseEnd));
  const work = async () => { await studio.work(page, dataset); await until(next, 'the items behind'); };
  const answer = async (keys) => {
    const item = await page.locator('#stage .item').getAttribute('data-item');
    await press(page, `${keys} Enter`);
    await until(async () => (await page.locator('#stage .item').getAttribute('data-item')) !== item, 'the next item');
    return item;
  };
  const status = async (item) => (await studio.stored('ana', dataset, item).catch(() => ({}))).status ?? 'pending';
  const arrives = (item) => until(async () => (await status(item)) === 'submitted', `${item} to arrive`);
  await work();

  // Refused by a server that kept nothing: what comes after goes out, the answer stays, and a reload sends it.
  let refuse = true;
  await page.route('**/submit', (route) => (refuse ? route.fulfill({ status: 409, json: { error: { kind: 'conflict', message: 'another process writes' } } }) : route.fallback()));
  const refused = await answer('1');
  await page.waitForSelector('.offline:has-text("another process writes")');
  refuse = false;
  await arrives(await answer('2'));
  await page.waitForSelector('.offline:has-text("1 answer is kept")');
  same(await status(refused), 'pending', 'the server has nothing of it');
  await work();
  await arrives(refused);
  same((await studio.stored('ana', dataset, refused)).answers.q, 'billing', 'as it was given');

  // Signed in again in another window: the token of this page is old, and its answers wait for a reload.
  await page.context().clearCookies();
  await page.context().addCookies(await studio.freshCookies('ana'));
  const stale = [await answer('2'), await answer('3')];
  await page.waitForSelector('.offline:has-text("2 answers are kept")');
  same(await Promise.all(stale.map(status)), ['pending', 'pending'], 'an old page writes nothing');
  await page.click('.offline button');
  for (const item of stale) await arrives(item);
  same((await studio.stored('ana', dataset, stale[1])).answers.q, 'praise', 'both as they were given');

  // Two answers wait: undo takes back the last of them and no other.
  await work();
  await page.context().setOffline(true);
  const [first, last] = [await answer('1'), await answer('2')];
  await page.waitForSelector('.offline');
  await press(page, 'Control+z');
  await until(async () => (await page.locator('#stage .item').getAttribute('data-item')) === last, 'the last item');
  await page.context().setOffline(false);
  await arrives(first);
  same(await status(last) === 'submitted', false, 'what was taken back is not sent');
}
