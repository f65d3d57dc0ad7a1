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
  for (const key of ['1', 'a', 'x']) {
    await page.click('dialog tr:has-text("Comment") button');
    await press(page, key);
    holds(/already means an option/.test(await page.locator('dialog .error').textContent()), `${key} is of options`);
  }
  await studio.pictures('keys', page);
  await page.click('dialog tr:has-text("Comment") button');
  await press(page, 'Shift+X');
  same(await studio.axe(page), [], 'the sheet of keys is accessible');
  await page.click('dialog button:has-text("Close")');
  await press(page, 'Shift+X');
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
  await inTheDialog(studio, page, hidden);
  await byTouch(studio);
}

/// What goes wrong while a dialog is open is said in it, where it can be read and pressed; two presses are one comment.
async function inTheDialog(studio, page, dataset) {
  await page.route('**/comments', (route) => route.fulfill({ status: 500, json: { error: { kind: 'io', message: 'the disk is full' } } }));
  await press(page, 'Shift+X');
  await page.locator('dialog textarea').fill('Only once');
  await press(page, 'Control+Enter');
  await page.waitForSelector('dialog .toast:has-text("the disk is full")');
  same(await studio.axe(page), [], 'the dialog with a message is accessible');
  await page.unroute('**/comments');
  await page.locator('dialog form').evaluate((form) => { form.requestSubmit(); form.requestSubmit(); });
  await page.waitForSelector('dialog', { state: 'detached' });
  await page.waitForSelector('#toasts .toast:has-text("the disk is full")');
  const { comments } = await studio.api('olga', `datasets/${dataset}/comments?item=i1`);
  same(comments.filter(({ text }) => text === 'Only once').length, 1, 'one comment');
}

/// On a phone there are no keys: everything has a button.
async function byTouch(studio) {
  const { fields, questions } = studio.sample('label');
  const dataset = await studio.dataset({ fields, questions }, [{ fields: { text: 'one' } }, { fields: { text: 'two' } }]);
  const page = await studio.as('ben', { width: 360, height: 640, hasTouch: true, isMobile: true });
  await studio.work(page, dataset);
  const item = await page.locator('#stage .item').getAttribute('data-item');
  const button = (name) => page.getByRole('button', { name, exact: true });
  holds(await button('Undo').isHidden(), 'there is nothing to undo');
  await page.locator('#stage .option').first().tap();
  for (const name of ['Previous', 'Next', 'Comment', 'Flag', 'Undo', 'Submit', 'Guide']) {
    const box = await button(name).boundingBox();
    holds(box && box.height >= 24 && box.width >= 24, `“${name}” can be hit: ${JSON.stringify(box)}`);
    holds(box.x >= 0 && box.x + box.width <= 360, `“${name}” is within sight: ${JSON.stringify(box)}`);
  }
  holds(await page.locator('details.skip summary').isVisible() && await page.getByRole('link', { name: 'Similar' }).isVisible(), 'skip and similar too');
  same(await studio.axe(page), [], 'the item is accessible on a phone');
  for (const [name, words] of [['Comment', 'Which lamp is meant?'], ['Flag', 'This is a joke.']]) {
    await button(name).tap();
    await page.locator('dialog textarea').fill(words);
    await studio.photograph(`${name.toLowerCase()}-360-light`, page);
    same(await studio.axe(page), [], `the dialog of “${name}” is accessible`);
    await page.locator('dialog').getByRole('button', { name, exact: true }).tap();
    await page.waitForSelector('dialog', { state: 'detached' });
  }
  const { comments } = await studio.api('olga', `datasets/${dataset}/comments?item=${item}`);
  same(comments.map(({ by, text, flag }) => [by, text, flag]), [['ben', 'Which lamp is meant?', false], ['ben', 'This is a joke.', true]], 'both are stored');
}
