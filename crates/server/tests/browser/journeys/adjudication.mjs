// A lead watches two people disagree, follows a figure to its items, and a reviewer decides without knowing who said what.

import { figuresOf, wrongCells } from '../review/cells.mjs';
import disputes from '../review/disputes.mjs';
import knownAnswers from '../review/known.mjs';
import { holds, press, same, until } from '../studio.mjs';

export default async function adjudication(studio) {
  const { fields, questions } = studio.sample('label');
  const dataset = await studio.dataset({ fields, questions, distribution: { overlap: 2 } }, [{ fields: { text: 'one' } }, { fields: { text: 'two' } }, { fields: { text: 'three' } }]);
  const said = { i1: ['billing', 'outage'], i2: ['praise', 'praise'], i3: ['billing', 'outage'] };
  const answer = async (user, which) => {
    const { items } = await studio.api(user, `datasets/${dataset}/next`, { how_many: 3 });
    for (const { item, lease, version } of items.filter((one) => which.includes(one.item))) {
      await studio.api(user, `datasets/${dataset}/submit`, { item, lease, version, answers: { q: said[item][user === 'ana' ? 0 : 1] }, active_ms: 4000 });
    }
  };
  await answer('ana', ['i1', 'i2', 'i3']);
  const lead = await studio.as('lena');
  // Figures that came are counted, before the page itself hears of them.
  await lead.addInitScript(() => {
    const Plain = EventSource;
    window.heard = 0;
    window.EventSource = class extends Plain {
      constructor(...given) { super(...given); this.addEventListener('figures', () => { window.heard += 1; }); }
    };
  });
  await lead.goto(`/d/${dataset}/dashboard`);
  const figures = () => lead.locator('#figures').innerText();
  await until(async () => /3 responses · 3 to go/.test(await figures()), 'the figures of one person');
  // The page is told: nothing is reloaded, and nothing is asked while nothing happens.
  const asked = [];
  lead.on('request', (request) => asked.push(request.url()));
  await answer('ben', ['i1', 'i2']);
  await until(async () => /5 responses · 1 to go/.test(await figures()), 'the figures to follow');
  same(asked.filter((url) => !/\/live$/.test(url)), [], 'nothing but the stream');
  // A form that is begun is not taken away by figures that come.
  await lead.locator('.cost summary').click();
  await lead.fill('[name="hourly_rate"]', '18,5');
  await lead.click('h1');
  const heard = await lead.evaluate(() => window.heard);
  await answer('ben', ['i3']);
  await lead.waitForFunction((before) => window.heard > before, heard);
  same(await lead.inputValue('[name="hourly_rate"]'), '18,5', 'what was typed');
  await lead.fill('[name="hourly_rate"]', '');
  await lead.click('h1');
  await until(async () => /3 items · 6 responses/.test(await figures()), 'the figures to follow once more');
  holds(!/to go|, about/.test(await figures()), `nothing is to go: ${await figures()}`);
  same(await studio.axe(lead), [], 'a dashboard with disagreement is accessible');

  await everyCell(studio, lead);

  // A cell of the matrix leads to its items.
  await Promise.all([lead.waitForURL(/other=/), lead.locator('.matrix td.other a').first().click()]);
  same(await lead.locator('.table tbody th a').allTextContents(), ['i1', 'i3'], 'the items behind the cell');
  same(await lead.locator('.table tbody td.title').allTextContents(), ['one', 'three'], 'with their texts');
  await lead.click('.table tbody th a');
  await lead.waitForSelector('.item-detail .card');

  const page = await studio.as('rosa');
  await page.goto(`/d/${dataset}/review`);
  same(await studio.axe(page), [], 'the list of conflicts is accessible');
  await page.goto(`/d/${dataset}/review/i1`);
  await lead.goto(`/d/${dataset}/review/i1`);
  same(await studio.axe(page), [], 'the page of a conflict is accessible');
  const shown = await page.locator('main').innerText();
  holds(!/\bana\b|\bben\b/.test(shown), 'names are hidden');
  holds(/billing/.test(shown) && /Outage/.test(shown), 'both answers are there');
  await studio.pictures('review-i1', page, { whole: true });
  await press(page, '1');
  const picked = await page.locator('.pick:has(:checked) .said').innerText();
  await press(page, 'Enter');
  const item = () => studio.api('olga', `datasets/${dataset}/item?item=i1`);
  await until(async () => (await item()).resolution?.source === 'adjudicated', 'the decision');
  const { resolution } = await item();

  // The lead's page is older than the decision: hers is refused, and she sees what was decided.
  await press(lead, '2');
  await press(lead, 'Enter');
  await lead.waitForSelector('[role="alert"]:has-text("your decision was not kept")');
  holds((await lead.locator('section.notice').innerText()).includes(picked), 'the newer decision is shown');
  same((await item()).resolution, resolution, 'and stands');
  same(await studio.axe(lead), [], 'the page of a decision made meanwhile is accessible');
  await merged(studio, page);
  await known(studio, lead);
  await weighed(studio, lead);
  await notLive(studio, lead, dataset);
  await disputes(studio);
  await knownAnswers(studio);
}

/// How often a person is right leads to the items whose answer was known.
async function known(studio, lead) {
  const { fields, questions } = studio.sample('label');
  const items = [{ fields: { text: 'one' }, gold: { q: 'billing' } }, { fields: { text: 'two' } }];
  const dataset = await studio.dataset({ fields, questions, gold: { rate: 0.5, onboarding: 1 } }, items);
  const { items: [{ item, lease }] } = await studio.api('ana', `datasets/${dataset}/next`, { how_many: 1 });
  await studio.api('ana', `datasets/${dataset}/submit`, { item, lease, answers: { q: 'outage' } });
  await lead.goto(`/d/${dataset}/dashboard`);
  const cell = lead.locator('.team a[href*="state=gold"]');
  holds(/^0 %\s.*n 1$/.test(await cell.innerText()), `none of one right: ${await cell.innerText()}`);
  await Promise.all([lead.waitForURL(/state=gold/), cell.click()]);
  same(await lead.locator('.table tbody th a').allTextContents(), ['i1'], 'the item whose answer is known');
}

/// Answers weighed together: who writes the better ones, and what people and a model are least sure of.
async function weighed(studio, lead) {
  const { fields, questions: [better], item } = studio.sample('preference');
  const schema = { fields, questions: [{ name: 'topic', type: 'label', options: ['pump', 'canteen'] }, { ...better, strength: 0 }], distribution: { overlap: 2 } };
  const says = ['pump', 'pump', 'canteen'];
  const dataset = await studio.dataset(schema, says.map((topic, at) => ({ fields: { ...item, question: `Question ${at}` }, suggestions: [{ model: 'sorter-2', score: 0.9, answers: { topic } }] })));
  for (const user of ['ana', 'ben']) {
    const { items } = await studio.api(user, `datasets/${dataset}/next`, { how_many: 3 });
    for (const { item: name, lease } of items) {
      const topic = user === 'ben' && name === 'i3' ? 'pump' : says[Number(name.slice(1)) - 1];
      await studio.api(user, `datasets/${dataset}/submit`, { item: name, lease, answers: { topic, q: { choice: name === 'i1' ? 'tie' : { id: 'm2' } } } });
    }
  }
  await lead.goto(`/d/${dataset}/quality`);
  await lead.selectOption('[name="method"]', 'majority');
  await Promise.all([lead.waitForURL(/resolve/), lead.click('button:has-text("Weigh and resolve")')]);
  const rows = (title) => lead.locator(`section:has(h2:text-is("${title}")) tbody tr`);
  same(await rows('Who writes the better answers: q').locator('th').allTextContents(), ['base', 'tuned'], 'by the models that wrote them');
  same(await rows('Who writes the better answers: q').last().locator('td.number').allTextContents(), ['4', '0', '2'], 'won, lost, tied');
  same(await rows('With sorter-2: topic').first().locator('th, td').allTextContents().then((cells) => [cells[0], cells[3]]), ['i3', '1 of 2'], 'where people differ comes first');
  same(await studio.axe(lead), [], 'the page of weighed answers is accessible');
  await studio.pictures('quality-weighed', lead, { whole: true });
  await lead.setViewportSize({ width: 360, height: 800 });
  same(await lead.evaluate(() => document.documentElement.scrollWidth - innerWidth), 0, 'it fits a phone');
  await lead.setViewportSize({ width: 1280, height: 800 });
}

/// A page that hears nothing any more says so, and goes on when it hears again.
async function notLive(studio, lead, dataset) {
  await lead.route('**/live', (route) => route.fulfill({ status: 503 }));
  await lead.goto(`/d/${dataset}/dashboard`);
  await lead.waitForSelector('.notice:has-text("Not live since ")');
  same(await studio.axe(lead), [], 'the page that is not live is accessible');
  await lead.unroute('**/live');
  await lead.waitForSelector('.notice:has-text("Not live since ")', { state: 'hidden', timeout: 15_000 });
}

/// Every figure that is a link leads to as many items as it says, or to what it was worked out from.
async function everyCell(studio, lead) {
  const figures = await figuresOf(lead);
  const kinds = ['status=submitted', 'today=true', 'behind=agreement', 'behind=agrees', 'behind=speed', 'label=billing', 'other=', 'state=conflict', 'state=resolved'];
  same(kinds.filter((kind) => !figures.some(([, href]) => href.includes(kind))), [], 'figures without a way to their items');
  const page = await lead.context().newPage();
  same(await wrongCells(page, figures), [], 'figures and their items');
  await page.goto(figures.find(([, href]) => href.includes('behind=agreement'))[1]);
  same(await studio.axe(page), [], 'the items behind a figure are accessible');
  await studio.pictures('items-behind-agreement', page, { whole: true });
  await page.close();

  // What the work costs: hours, and money once somebody said what an hour is.
  const cost = lead.locator('.cost');
  await cost.locator('summary').click();
  await cost.locator('[name="hourly_rate"]').fill('18,50');
  await cost.locator('[name="currency"]').fill('eur');
  await Promise.all([lead.waitForLoadState('load'), cost.locator('button').click()]);
  await lead.waitForSelector('.cost dt:has-text("Spent")');
  holds(/EUR \d/.test(await cost.locator('dl').innerText()), 'in the currency that was named');
  holds(/EUR 18\.50 an hour/.test(await cost.innerText()), 'at the rate that was named');
  same(await lead.locator('.team th:text-is("Cost")').count(), 1, 'for each person too');
  await studio.pictures('dashboard-answered', lead, { whole: true });
  for (const width of [1280, 640, 360]) {
    await lead.setViewportSize({ width, height: 800 });
    same(await lead.evaluate(() => document.documentElement.scrollWidth - innerWidth), 0, `it fits ${width} pixels`);
  }
  await lead.setViewportSize({ width: 1280, height: 800 });
  same(await studio.axe(lead), [], 'a dashboard with money is accessible');
  const viewer = await studio.as('vic');
  await viewer.goto(new URL(lead.url()).pathname);
  same(await viewer.locator('#figures a').count(), 0, 'a viewer sees figures that lead nowhere');
  same(await viewer.locator('.cost').count(), 0, 'and no money');
}

/// What all agree on is merged already; only the question in dispute is to be decided.
async function merged(studio, page) {
  const label = (name, ...options) => ({ name, type: 'label', options });
  const schema = { fields: [{ name: 'text', type: 'text' }], questions: [label('topic', 'bill', 'outage'), label('tone', 'glad', 'sad')], distribution: { overlap: 2 } };
  const dataset = await studio.dataset(schema, [{ fields: { text: 'one' } }, { fields: { text: 'two' } }]);
  for (const [user, topic] of [['ana', 'bill'], ['ben', 'outage']]) {
    const { items } = await studio.api(user, `datasets/${dataset}/next`, { how_many: 2 });
    for (const { item, lease } of items) await studio.api(user, `datasets/${dataset}/submit`, { item, lease, answers: { topic, tone: 'sad' } });
  }
  await page.goto(`/d/${dataset}/review/i1`);
  same(await page.locator('.dispute legend').allTextContents(), ['topic'], 'only this is in dispute');
  const agreed = await page.locator('.agreed').innerText();
  holds(/tone/.test(agreed) && /sad/.test(agreed) && !/topic/.test(agreed), `agreed already: ${agreed}`);
  const picked = await page.locator('.pick').first().locator('.said').innerText();
  await press(page, '1 Enter');
  const resolution = async (item) => (await studio.api('olga', `datasets/${dataset}/item?item=${item}`)).resolution;
  await until(async () => Boolean(await resolution('i1')), 'the decision');
  // The page goes on to the next dispute by itself.
  await page.waitForURL('**/review/i2*');
  same((await resolution('i1')).answers, { topic: picked.trim(), tone: 'sad' }, 'the decision holds what was agreed too');

  // Answering it oneself: a key is for the question at hand and for no other.
  await page.goto(`/d/${dataset}/review/i2?own=true`);
  await page.waitForSelector('.question[data-active]');
  same(await studio.axe(page), [], 'answering it oneself is accessible');
  await studio.pictures('review-own', page, { whole: true });
  const chosen = () => page.locator('.question :checked').evaluateAll((all) => all.map((one) => one.value));
  await press(page, '1');
  // The same key takes back what the first side said already.
  if ((await chosen()).length === 1) await press(page, '1');
  same(await chosen(), ['bill', 'sad'], 'the other question stays as it was agreed');
  await press(page, 'Enter');
  await until(async () => Boolean(await resolution('i2')), 'the answer of the reviewer');
  same((await resolution('i2')).answers, { topic: 'bill', tone: 'sad' }, 'both answers');
}
