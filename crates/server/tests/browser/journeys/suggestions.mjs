// A suggestion names its model and score, one key takes it over, and taking it over unchanged is recorded.

import { holds, press, same, until } from '../studio.mjs';

export default async function suggestions(studio) {
  const { fields, questions } = studio.sample('label');
  const suggested = (text) => ({ fields: { text }, suggestions: [{ model: 'tagger-3', score: 0.83, answers: { q: 'praise' } }] });
  const dataset = await studio.dataset({ fields, questions }, [suggested('one'), suggested('two')]);
  const page = await studio.as('ana');
  await studio.work(page, dataset);
  const words = await page.locator('.suggestion').first().textContent();
  holds(/tagger-3/.test(words) && /0\.83/.test(words), `the suggestion says whose it is: ${words}`);
  const [first] = [await page.locator('#stage .item').getAttribute('data-item')];
  await press(page, 'Space Enter');
  await until(async () => (await page.locator('#stage .item').getAttribute('data-item')) !== first, 'the next item');
  const second = await page.locator('#stage .item').getAttribute('data-item');
  await press(page, 'Space 1 Enter');
  const given = async (item) => (await studio.api('olga', `datasets/${dataset}/item?item=${item}`)).responses[0];
  await until(async () => Boolean(await given(second)), 'both answers');
  same((await given(first)).accepted, ['q'], 'taken over unchanged');
  same((await given(second)).accepted ?? [], [], 'changed after taking over');

  const hidden = await studio.dataset({ fields, questions, hide_suggestions: true }, [suggested('three')]);
  await studio.work(page, hidden);
  same(await page.locator('.suggestion').count(), 0, 'hidden until the person has answered');
  holds(!(await page.content()).includes('tagger-3'), 'not even in the source of the page');
  await press(page, '2 Enter');
  await until(async () => (await studio.stored('ana', hidden, 'i1')).status === 'submitted', 'the submit');
  await studio.work(page, hidden, '?item=i1');
  same(await page.locator('.suggestion').count(), 1, 'shown afterwards');

  // Keys can be changed; a key that is taken is refused, and nothing fires while somebody types.
  await press(page, '?');
  await page.click('dialog tr:has-text("Comment") button');
  await press(page, 'g');
  holds(/already means/.test(await page.locator('dialog .error').textContent()), 'a taken key is refused');
  await page.click('dialog tr:has-text("Comment") button');
  await press(page, 'x');
  same(await studio.axe(page), [], 'the sheet of keys is accessible');
  await page.click('dialog button:has-text("Close")');
  await press(page, 'x');
  await page.waitForSelector('dialog textarea');
  await page.keyboard.type('123 xyz? g');
  same(await page.inputValue('dialog textarea'), '123 xyz? g', 'typing is typing');
  await press(page, 'Control+Enter');
  await page.waitForSelector('dialog', { state: 'detached' });
  await press(page, 'f');
  await page.waitForSelector('dialog textarea');
  await page.keyboard.type('Is this one ours?');
  await press(page, 'Control+Enter');
  await page.waitForSelector('dialog', { state: 'detached' });
  const { comments } = await studio.api('olga', `datasets/${hidden}/comments?item=i1`);
  const stored = comments.map(({ by, text, flag }) => ({ by, text, flag }));
  same(stored, [{ by: 'ana', text: '123 xyz? g', flag: false }, { by: 'ana', text: 'Is this one ours?', flag: true }], 'the comment and the flag are stored');
}
