// Light, dark or the system's choice, kept for the next page and there from its first paint.

import { same } from '../studio.mjs';

export default async function theme(studio) {
  const page = await studio.as('ben', { colorScheme: 'dark' });
  const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  await page.goto('/');
  const dark = await background();
  await page.click('details.account summary');
  await Promise.all([page.waitForLoadState('load'), page.click('button[value="light"]')]);
  await page.waitForSelector('html[data-theme="light"]');
  const light = await background();
  same(light === dark, false, 'the two themes differ');
  // The attribute comes with the HTML, before any script or style: nothing can flash.
  const html = await (await page.request.get('/')).text();
  same(/<html[^>]*data-theme="light"/.test(html), true, 'the server knows the theme');
  await page.click('details.account summary');
  await page.click('button[value="system"]');
  await page.waitForSelector('html[data-theme="system"]');
  same(await background(), dark, 'the system says dark');
}
