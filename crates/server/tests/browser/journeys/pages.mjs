// Every page in both themes and at two widths: no serious accessibility problem, nothing sticks out at 360 pixels. The theme
// a person chooses is kept for the next page and there from its first paint.

import { COLOURS, holds, press, same, until } from '../studio.mjs';

/// What is looked for, by theme and width: all rules once, and those that a theme or a width can break.
const RULES = { light: { 1280: null, 360: ['target-size', 'scrollable-region-focusable', 'aria-hidden-focus', ...COLOURS] }, dark: { 1280: 'done with light', 360: COLOURS } };

export default async function pages(studio) {
  await theme(studio);
  await weights(studio);
  await preview(studio);
  const all = [['home', 'ana', '/'], ['login', null, '/login']];
  for (const sample of studio.samples) {
    const item = { fields: sample.item, suggestions: [{ model: 'tagger-3', score: 0.83, answers: sample.answers }] };
    const dataset = await studio.dataset({ fields: sample.fields, questions: sample.questions, guidelines: '# How\n\nWith care.' }, [item, { fields: { ...sample.item, ...other(sample) } }]);
    await studio.api('ana', `datasets/${dataset}/guidelines/acknowledge`, { version: (await studio.api('ana', `datasets/${dataset}/guidelines`)).version });
    all.push([`work-${sample.name}`, 'ana', `/d/${dataset}/work`]);
    if (sample.name !== 'label') continue;
    all.push(['bulk', 'ana', `/d/${dataset}/bulk`], ['pile', 'ana', `/d/${dataset}/work?tab=submitted`]);
    for (const part of ['dashboard', 'items', 'items/i1', 'review', 'quality', 'quality?audit=true', 'transfer', 'settings', 'delete']) all.push([part.replace(/[/?=]/g, '-'), 'olga', `/d/${dataset}/${part}`]);
  }
  for (const path of ['new', 'people', 'log', 'account', 'decisions', 'decisions/1']) all.push([path.replace('/', '-'), 'olga', `/${path}`]);
  const problems = [];
  // Each person in a window of their own, all at the same time.
  const look = async (user) => {
    const page = await (user ? studio.as(user) : studio.as('vic', { storageState: undefined }));
    for (const [name, , path] of all.filter(([, whose]) => whose === user)) problems.push(...await flaws(studio, page, name, path, user));
  };
  await Promise.all([...new Set(all.map(([, user]) => user))].map(look));
  same(problems, [], 'every page is accessible and fits');
  await ring(studio, all.find(([name]) => name === 'work-label')[2], 'ana');
  await ring(studio, all.find(([name]) => name === 'dashboard')[2], 'olga');
}

/// Whatever Tab leads to is ringed, in both themes, by a colour that stands out from the page.
async function ring(studio, path, user) {
  const page = await studio.as(user);
  for (const theme of ['light', 'dark']) {
    await page.goto(path);
    await page.waitForSelector('.question[data-active], #figures');
    await page.evaluate((chosen) => { document.documentElement.dataset.theme = chosen; }, theme);
    const seen = new Set();
    for (let stop = 0; stop < 25; stop += 1) {
      await press(page, 'Tab');
      const { what, width, contrast } = await page.evaluate(() => {
        const here = document.activeElement;
        const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(here.closest('.option') ?? here);
        const linear = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
        const light = (colour) => {
          const [red, green, blue] = colour.match(/[\d.]+/g).map((part) => linear(Number(part) / 255));
          return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
        };
        const [dim, bright] = [outlineColor, getComputedStyle(document.documentElement).backgroundColor].map(light).sort((one, other) => one - other);
        return { what: here.outerHTML.slice(0, 120), width: outlineStyle === 'none' ? 0 : Number.parseFloat(outlineWidth), contrast: (bright + 0.05) / (dim + 0.05) };
      });
      // The end of the page: the browser's own bar is next.
      if (what.startsWith('<body')) break;
      seen.add(what);
      holds(width >= 2 && contrast >= 3, `${what} has a ring of ${width} pixels, ${contrast.toFixed(1)} to 1, in ${theme}`);
    }
    holds(seen.size > 5, `Tab leads to ${seen.size} places`);
  }
}

async function flaws(studio, page, name, path, user) {
  const problems = [];
  // An audit opens the encoder, which takes its time on a busy machine.
  await page.goto(path, { timeout: 60_000 });
  if (user === 'ana') await page.waitForSelector('.question[data-active], .empty, .cards').catch(() => {});
  for (const theme of ['light', 'dark']) {
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await page.evaluate((chosen) => { document.documentElement.dataset.theme = chosen; }, theme);
    for (const width of [1280, 640, 360]) {
      await page.setViewportSize({ width, height: 800 });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (wide > 0) problems.push(`${name} is ${wide} pixels wider than ${width}`);
      // So wide is a screen of 1280 pixels on which everything is twice as large.
      if (width === 640) continue;
      await studio.photograph(`${name}-${width}-${theme}`, page, { whole: true });
      const rules = RULES[theme][width];
      if (typeof rules !== 'string') for (const problem of await studio.axe(page, rules)) problems.push(`${name} ${width} ${theme}: ${problem}`);
    }
    await page.setViewportSize({ width: 1280, height: 800 });
  }
  return problems;
}

/// Another value for the first text of an item, so that both are different items.
const other = ({ fields, item }) => {
  const field = fields.find(({ type }) => /text|markdown/.test(type));
  return field ? { [field.name]: `${item[field.name]} ` } : {};
};

/// The preview of a schema follows what is typed, and stays as it was while it cannot be read.
async function preview(studio) {
  const page = await studio.as('olga');
  await page.goto('/new');
  const options = () => page.locator('[data-preview-stage] .option .words').allTextContents();
  same((await options()).slice(0, 2), ['billing', 'bug'], 'the template');
  await page.click('summary:has-text("Edit as JSON")');
  await page.locator('[name="schema"]').evaluate((box) => {
    const at = box.value.indexOf('billing');
    box.focus();
    box.setSelectionRange(at, at + 'billing'.length);
  });
  await page.keyboard.type('invoices');
  await until(async () => (await options())[0] === 'invoices', 'the word that is being typed');
  await page.keyboard.type('"');
  await page.waitForSelector('[data-problems] .notice:has-text("is not JSON")');
  same((await options())[0], 'invoices', 'the last that could be read stays');
  await page.keyboard.press('Backspace');
  await page.waitForSelector('[data-problems]:not(:has(.notice))', { state: 'attached' });
}

/// Light, dark or the system's choice.
async function theme(studio) {
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

/// A weight that is moved by key changes where the arms stand, and goes back.
async function weights(studio) {
  const page = await studio.as('vic');
  await page.goto('/decisions');
  await page.click('.cards a');
  const standing = () => page.innerText('#standing');
  const before = await standing();
  // The verdict alone is read out, and it is the same element after every answer.
  same(await page.locator('#standing [aria-live], #standing[aria-live]').evaluateAll((all) => all.map((one) => one.className)), ['verdict'], 'what is read out');
  await page.evaluate(() => { document.querySelector('.verdict').dataset.first = ''; });
  const answered = () => page.waitForResponse((response) => response.url().endsWith('/weigh'));
  const settled = async (change) => { const answer = answered(); await change(); await answer; };
  await page.focus('#weight-quality');
  await settled(() => page.keyboard.press('Home'));
  await page.waitForFunction((old) => document.querySelector('#standing').innerText !== old, before);
  same(await page.innerText('output[for="weight-quality"]'), '0', 'the weight is told');
  // What is marked in the tile is what is recommended in the table, wherever that went.
  const marked = () => page.evaluate(() => ['#tile .cell.front .name span', '#standing tr.chosen th'].map((part) => document.querySelector(part)?.firstChild.textContent.trim()));
  const [inTile, inTable] = await marked();
  same(inTile, inTable, 'the tile follows the weights');
  same(await page.locator('#tile .cell').count(), 4, 'four cells');
  holds(await page.locator('#pictures figure svg[role="img"][aria-label]').count() > 8, 'pictures say in words what they show');
  await settled(() => page.click('.weights button[type="reset"]'));
  await page.waitForFunction((old) => document.querySelector('#standing').innerText === old, before);
  same(await page.locator('.verdict[data-first]').count(), 1, 'the verdict changes its words only');

  // An answer whose words come late does not take the place of a newer one.
  await page.evaluate(() => {
    const read = Response.prototype.json;
    let wait = new Promise((resolve) => { window.letGo = resolve; });
    Response.prototype.json = async function json() {
      const [words, held] = [await read.call(this), wait];
      wait = null;
      await held;
      return words;
    };
  });
  await page.focus('#weight-quality');
  await settled(() => page.keyboard.press('Home'));
  await settled(() => page.click('.weights button[type="reset"]'));
  await page.waitForFunction((old) => document.querySelector('#standing').innerText === old, before);
  await page.evaluate(() => window.letGo());
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve))));
  same(await standing(), before, 'the newer answer stays');
  // The report is for those who may see answers.
  same(await page.locator('text=The whole report').count(), 0, 'a viewer has no way to the report');
  const lead = await studio.as('lena');
  await lead.goto('/decisions/1');
  await lead.click('text=The whole report');
  await lead.waitForSelector('h1');
  same((await lead.innerText('h1')).length > 10, true, 'the report begins with the verdict');
}
