// A lead who knows no JSON makes a dataset by keyboard; the form, the JSON and the preview say the same all the while.

import { holds, press, same, until } from '../studio.mjs';

export default async function builder(studio) {
  const page = await studio.as('lena');
  await byForm(studio, page);
  await inStep(page);
  await templates(page);
  await withoutScripts(studio);
}

const json = async (page) => JSON.parse(await page.inputValue('[name="schema"]'));
const focused = (page) => page.evaluate(() => document.activeElement.name + (document.activeElement.value.includes('.') ? `=${document.activeElement.value}` : ''));

async function byForm(studio, page) {
  await page.goto('/new');
  await page.fill('input[name="name"]', 'made-by-form');
  const questions = async () => (await json(page)).questions;

  // Another question, its words, and another type.
  await page.focus('[value="add.questions"]');
  await press(page, 'Enter');
  await until(async () => (await questions()).length === 2, 'a second question');
  same(await focused(page), 'questions.1.title', 'the new question has the focus');
  await page.keyboard.type('Who is named?');
  await until(async () => (await questions())[1].title === 'Who is named?', 'its title in the JSON');
  await page.focus('[name="questions.1.type"]');
  await page.selectOption('[name="questions.1.type"]', { label: 'Parts of a text' });
  await until(async () => (await questions())[1].field === 'text', 'a text to mark parts in');
  same(await focused(page), 'questions.1.type', 'the focus stays where it was');

  // Options are lines; what they mean stands below, and follows while the lines are typed.
  await page.locator('[name="questions.1.options"]').fill('person');
  await until(async () => JSON.stringify((await questions())[1].options) === '["person"]', 'the option');
  await page.locator('#questions\\.1 details.more summary').click();
  await page.fill('[name="questions.1.options.0.description"]', 'A human being');
  await page.fill('[name="questions.1.options.0.key"]', 'p');
  await until(async () => (await questions())[1].options[0].key === 'p', 'its key');
  await page.focus('[name="questions.1.options"]');
  await press(page, 'Control+End Enter');
  await page.keyboard.type('place');
  await until(async () => (await questions())[1].options.length === 2, 'a second option');
  same((await questions())[1].options, [{ value: 'person', description: 'A human being', key: 'p' }, 'place'], 'the first keeps what it means');
  same(await page.locator('#questions\\.1 details.more[open] legend').allTextContents(), ['person', 'place'], 'a row for each, and they stay open');

  // A name that changes is followed, and a question that moves keeps the focus on its button.
  await page.fill('[name="fields.0.name"]', 'letter');
  await until(async () => (await questions())[1].field === 'letter', 'the reference to follow the name');
  await page.focus('[value="up.questions.1"]');
  await press(page, 'Enter');
  await until(async () => (await questions())[0].type === 'spans', 'the question to move up');
  same(await focused(page), 'do=down.questions.0', 'the focus moves with it');

  // Asked only after an answer.
  await page.selectOption('[name="questions.1.when"]', { label: 'After an answer to “Who is named?”' });
  await page.locator('[name="questions.1.any"]').nth(1).check();
  await until(async () => (await questions())[1].visible_when?.any_of?.[0] === 'place', 'the condition');
  same(await page.locator('[data-preview-stage] .question').count(), 2, 'both questions are in the preview');

  // What is wrong is said where it is.
  await page.fill('[name="questions.0.options"]', 'person\nperson');
  const told = page.locator('#questions\\.0 .error');
  await until(async () => /Option 2: `person` is there twice/.test(await told.innerText().catch(() => '')), 'the problem at its question');
  holds(/Question 1/.test(await page.locator('[data-problems]').innerText()), 'and the way to it below');
  same(await studio.axe(page), [], 'a form with a problem is accessible');
  await studio.pictures('builder-problem', page, { whole: true });
  await page.fill('[name="questions.0.options"]', 'person\nplace');
  await page.waitForSelector('[data-problems]:not(:has(.notice))', { state: 'attached' });
  for (const width of [1280, 640, 360]) {
    await page.setViewportSize({ width, height: 800 });
    same(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), 0, `it fits ${width} pixels`);
  }
  await page.setViewportSize({ width: 1280, height: 800 });
  same(await studio.axe(page), [], 'the form is accessible');
  await page.focus('[value="remove.fields.0"]');
  const asked = await questions();
  await Promise.all([page.waitForURL(/\/d\/made-by-form\//), page.locator('[value="save"]').press('Enter')]);
  const { schema } = await studio.api('olga', 'datasets/made-by-form');
  same(schema.questions.map(({ name, type, field, visible_when: when }) => [name, type, field ?? null, when?.any_of ?? null]), asked.map(({ name, type, field, visible_when: when }) => [name, type, field ?? null, when?.any_of ?? null]), 'the dataset asks what the form said');
}

/// The form follows the JSON, waits while that cannot be read, and the other way round.
async function inStep(page) {
  await page.goto('/new?template=rating');
  await page.click('summary:has-text("Edit as JSON")');
  const box = page.locator('[name="schema"]');
  await box.fill((await box.inputValue()).replace('"max": 5', '"max": 7'));
  await until(async () => await page.inputValue('[name="questions.0.max"]') === '7', 'the form to follow the JSON');
  const good = await box.inputValue();
  await box.fill(`${good}]`);
  await page.waitForSelector('[data-problems] .notice:has-text("is not JSON")');
  holds(await page.locator('[name="questions.0.max"]').isDisabled(), 'while it cannot be read, the form waits');
  await box.fill(good);
  await until(async () => page.locator('[name="questions.0.max"]').isEnabled(), 'the form again');
  await page.fill('[name="questions.0.max"]', '9');
  await until(async () => (await json(page)).questions[0].max === 9, 'the JSON to follow the form');
  await page.fill('[name="questions.0.max"]', 'many');
  await page.waitForSelector('#questions\\.0 .error:has-text("To: is a string, not a whole number")');
  same(await page.inputValue('[name="questions.0.max"]'), 'many', 'what was typed stays');
}

/// Whatever a template asks, its form says the same.
async function templates(page) {
  const all = await page.locator('.templates a').evaluateAll((links) => links.map((link) => link.getAttribute('href')));
  same(all.length, 14, 'a template for every type');
  for (const path of all) {
    await page.goto(path);
    const before = await page.inputValue('[name="schema"]');
    const replied = page.waitForResponse((response) => response.url().endsWith('/preview'));
    await page.click('button:has-text("Look at it")');
    await (await replied).finished();
    await page.waitForTimeout(30);
    same(await page.inputValue('[name="schema"]'), before, `the form of ${path}`);
  }
}

async function withoutScripts(studio) {
  const page = await studio.as('lena', { javaScriptEnabled: false, width: 360 });
  await page.goto('/new?template=label');
  await page.fill('input[name="name"]', 'made-without-scripts');
  await page.click('[value="add.questions"]');
  await page.fill('[name="questions.1.title"]', 'Why?');
  await page.selectOption('[name="questions.1.type"]', 'text');
  await page.click('button:has-text("Look at it")');
  await page.fill('[name="questions.1.max_chars"]', '80');
  await page.click('[value="remove.questions.0"]');
  await page.click('[value="save"]');
  await page.waitForURL(/\/d\/made-without-scripts\//);
  const { schema } = await studio.api('olga', 'datasets/made-without-scripts');
  same(schema.questions.map(({ title, type, max_chars: most }) => [title, type, most]), [['Why?', 'text', 80]], 'every button works without scripts');
}
