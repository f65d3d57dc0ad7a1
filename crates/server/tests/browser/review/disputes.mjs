// Every type of question, answered differently by two people: a reviewer can see what each of them said, and decide it.

import { holds, press, same, until } from '../studio.mjs';
import { figuresOf, wrongCells } from './cells.mjs';

const place = (text, words, nth = 0) => {
  let at = -1;
  for (let n = 0; n <= nth; n += 1) at = text.indexOf(words, at + 1);
  const before = [...text.slice(0, at)].length;
  return { char_start: before, char_end: before + [...words].length };
};

/// What the second person says to a sample: something else than the first.
const OTHER = {
  label: { q: 'outage' },
  labels: { q: ['Reason 1', 'Reason 3'] },
  taxonomy: { q: [['Finance', 'Refunds']] },
  rating: { q: 2 },
  text: { q: 'We look into it.' },
  correction: { q: 'We have refunded you yesterday.' },
  ranking: { q: [{ rank: 1, value: 'm1' }, { rank: 2, value: 'm2' }] },
  preference: { q: { choice: { id: 'm1' }, strength: 1 } },
  turns: { q: [{ turn: 1, labels: ['asks back'] }, { turn: 3, labels: ['refuses'] }] },
  relevance: { q: [{ id: 'p1', grade: 2 }, { id: 'p2', grade: 0 }] },
  support: null,
  form: null,
  spans: null,
  several: { topic: 'outage', tone: 1 },
};

/// Answers that are one of several words: they have a distribution, and a matrix of who confuses what.
const LABELLED = ['label', 'several'];

export default async function disputes(studio) {
  const page = await studio.as('rosa');
  const lead = await studio.as('lena');
  same(studio.samples.map(({ name }) => name).filter((name) => !(name in OTHER)), [], 'every sample has a second answer');
  for (const sample of studio.samples) await dispute(studio, page, lead, sample);
  await sameWords(studio, page);
  await arrows(studio, page);
  await ownConflict(studio, page);
}

function other({ name, answers, item }) {
  if (OTHER[name]) return OTHER[name];
  const copy = structuredClone(answers);
  if (name === 'support') { copy.q[0].passages = ['p2']; copy.q[1].verdict = 'partly'; }
  if (name === 'form') { copy.q.amount = 80; copy.q.customer.name = 'C. D.'; }
  if (name === 'spans') {
    copy.people.push({ ...place(item.text.text, 'P-7'), id: 's3', label: 'product' });
    copy.links = [{ from: 's1', to: 's2', label: 'owns' }];
  }
  return copy;
}

async function answered(studio, schema, item, said) {
  const dataset = await studio.dataset({ ...schema, distribution: { overlap: said.length } }, [{ fields: item }]);
  for (const [at, answers] of said.entries()) {
    const user = ['ana', 'ben'][at];
    const { items: [{ item: id, lease }] } = await studio.api(user, `datasets/${dataset}/next`, { how_many: 1 });
    await studio.api(user, `datasets/${dataset}/submit`, { item: id, lease, answers });
  }
  return dataset;
}

const resolution = async (studio, dataset) => (await studio.api('olga', `datasets/${dataset}/item?item=i1`)).resolution;

async function dispute(studio, page, lead, sample) {
  const { name, fields, questions, item, answers } = sample;
  const dataset = await answered(studio, { fields, questions }, item, [answers, other(sample)]);
  const fits = async (where, who) => {
    const shown = await who.locator('main').innerText();
    holds(!/\b(m1|m2|s1|s2|s3|p1|p2)\b/.test(shown), `${name}: ${where} speaks of ids: ${shown}`);
    for (const width of [1280, 360]) {
      await who.setViewportSize({ width, height: 800 });
      same(await who.evaluate(() => document.documentElement.scrollWidth - innerWidth), 0, `${name}: ${where} fits ${width} pixels`);
    }
    await who.setViewportSize({ width: 1280, height: 800 });
    same(await studio.axe(who), [], `${name}: ${where} is accessible`);
    await studio.pictures(`${where}-${name}`, who, { whole: true });
  };
  await lead.goto(`/d/${dataset}/items/i1`);
  await fits('item', lead);
  await page.goto(`/d/${dataset}/review/i1`);
  await fits('review', page);
  for (const block of await page.locator('.dispute').all()) {
    same(await block.locator('.who').allInnerTexts(), ['Person 1', 'Person 2'], `${name}: people have numbers`);
    const [one, two] = await block.locator('.said').allInnerTexts();
    holds(one.trim() && two.trim() && one !== two, `${name}: what they said can be told apart: ${one} | ${two}`);
  }
  await lead.goto(`/d/${dataset}/dashboard`);
  const cells = await figuresOf(lead);
  const needed = ['status=submitted', 'behind=agreement', 'behind=agrees', 'state=conflict', ...(LABELLED.includes(name) ? ['label=', 'other='] : [])];
  same(needed.filter((kind) => !cells.some(([, href]) => href.includes(kind))), [], `${name}: figures without a way to their items`);
  same(await wrongCells(lead, cells), [], `${name}: figures and their items`);
  if (name === 'label') {
    await lead.goto(`/d/${dataset}/dashboard`);
    const figures = await lead.locator('#figures').innerText();
    holds(/Answers: What is it about\?/.test(figures) && /Outage/.test(figures) && !/outage/.test(figures), `the dashboard speaks of titles and texts: ${figures}`);
  }
  if (name === 'correction') same([await page.locator('.said ins').count() > 0, await page.locator('.said del').count() > 0], [true, true], 'a correction shows what it changes');
  if (name === 'relevance') holds(/Filters are replaced every 30 days/.test(await page.locator('.dispute').innerText()), 'evidence is shown');
  if (name === 'support') holds(/by \[2\] Canteen/.test(await page.locator('.dispute').innerText()), 'the passages that support a sentence');
  if (name === 'spans') holds(/Ana Ruiz → 東京都/.test(await page.locator('.dispute').last().innerText()), 'an arrow by the words it joins');
  await press(page, '2 Enter');
  await until(async () => Boolean(await resolution(studio, dataset)), `the decision about ${name}`);
}

/// The same words at two places are told apart, and what all marked is not listed.
async function sameWords(studio, page) {
  const text = 'Ana met Bo. Then Ana left for Lima with Bo, and Carla stayed behind in Tokyo for a while.';
  const schema = { fields: [{ name: 'text', type: 'text' }], questions: [{ name: 'ents', title: 'Who is named?', type: 'spans', field: 'text', options: ['PER', 'LOC'] }] };
  const common = [{ ...place(text, 'Carla'), label: 'PER' }, { ...place(text, 'Lima'), label: 'LOC' }];
  const dataset = await answered(studio, schema, { text }, [0, 1].map((nth) => ({ ents: [...common, { ...place(text, 'Ana', nth), label: 'PER' }] })));
  await page.goto(`/d/${dataset}/review`);
  same(await page.locator('tbody td').nth(1).innerText(), 'Who is named?', 'the list names the question as people know it');
  await page.goto(`/d/${dataset}/review/i1`);
  same((await page.locator('.said li').allInnerTexts()).length, 2, 'only what differs is listed');
  holds((await page.locator('.said').allInnerTexts()).every((words) => /And the 2 that all have/.test(words)), 'the rest is counted');
  same(await page.locator('.reading mark.differs').allInnerTexts(), ['Ana', 'Ana'], 'what differs is marked in the text');
  same((await page.locator('.reading .tag.differs').allInnerTexts()).map((words) => words.replace(/\s+/g, ' ')).sort(), ['PER Person 1', 'PER Person 2'], 'with who says so');
  await studio.pictures('review-same-words', page, { whole: true });
}

/// Parts of one person and arrows of the other are taken together only where the arrows keep both ends.
async function arrows(studio, page) {
  const text = 'Ana owns Sony in Lima.';
  const schema = {
    fields: [{ name: 'text', type: 'text' }],
    questions: [{ name: 'ents', type: 'spans', field: 'text', options: ['PER', 'ORG'] }, { name: 'links', title: 'Who owns what?', type: 'relations', spans: 'ents', options: ['owns', 'works for'], required: false }],
  };
  const part = (words, label, id) => ({ ...place(text, words), label, id });
  const ana = { ents: [part('Sony', 'ORG', 's1'), part('Ana', 'PER', 's2')], links: [{ from: 's2', to: 's1', label: 'owns' }] };
  const ben = { ents: [part('Ana', 'PER', 's1'), part('Sony', 'ORG', 's2'), part('Lima', 'ORG', 's3')], links: [{ from: 's1', to: 's3', label: 'works for' }] };
  const dataset = await answered(studio, schema, { text }, [ana, ben]);
  const pick = async (parts, arrow) => {
    await page.goto(`/d/${dataset}/review/i1`);
    const [ents, links] = await page.locator('.dispute').all();
    await ents.locator(`.pick:${parts}(:has-text("Lima"))`).click();
    await links.locator(`.pick:has-text("${arrow}")`).click();
    await page.click('button:has-text("Decide")');
  };
  await pick('not', 'works for');
  await page.waitForSelector('[role="alert"]:has-text("ends at a part that the answer picked does not mark")');
  same(await studio.axe(page), [], 'a refused decision is accessible');
  same(await resolution(studio, dataset), null, 'nothing was decided');
  await pick('is', 'owns');
  await until(async () => Boolean(await resolution(studio, dataset)), 'the decision');
  const { answers } = await resolution(studio, dataset);
  const quote = (id) => answers.ents.find((span) => span.id === id).quote;
  same(answers.links.map(({ from, label, to }) => [quote(from), label, quote(to)]), [['Ana', 'owns', 'Sony']], 'the arrow joins what it joined');
}

/// Whoever answered an item herself is told that somebody else decides it.
async function ownConflict(studio, page) {
  const { fields, questions, item } = studio.sample('label');
  const dataset = await studio.dataset({ fields, questions, distribution: { overlap: 2 } }, [{ fields: item }]);
  for (const [user, q] of [['rosa', 'billing'], ['ben', 'praise']]) {
    const { items: [{ item: id, lease }] } = await studio.api(user, `datasets/${dataset}/next`, { how_many: 1 });
    await studio.api(user, `datasets/${dataset}/submit`, { item: id, lease, answers: { q } });
  }
  await page.goto(`/d/${dataset}/review/i1`);
  holds(/You answered this item yourself/.test(await page.locator('main').innerText()), 'why she cannot decide');
  same(await page.locator('button:has-text("Decide")').count(), 0, 'no way to decide');
}
