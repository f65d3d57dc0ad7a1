// Every question type is answered, submitted and stored with the keyboard alone; what is compared, in every way it can be.

import { holds, press, same, until } from '../studio.mjs';

const TAB = Symbol('the field of the question gets the focus');

/// What is pressed or typed for each sample; `Tab` stops stand for as many as it takes to reach the first field.
const HANDS = {
  label: ['1'],
  labels: ['1', '/', { type: 'reason 12' }, 'Enter', 'Escape'],
  taxonomy: ['3'],
  rating: ['4'],
  text: [TAB, { type: 'We refund it today.' }, 'Enter', { type: 'Sorry.' }],
  correction: [TAB, 'Control+a', { type: 'We refunded you yesterday.' }],
  ranking: ['rank'],
  preference: ['prefer'],
  turns: ['2', 'j', '1'],
  relevance: ['e', '3', '0'],
  support: ['1', '3', '4'],
  form: [TAB, { type: '40' }],
  spans: ['t', 'ArrowRight', 'Shift+ArrowRight', '1', 'Escape', 'ArrowRight', 'ArrowRight', 'ArrowRight', 'Shift+ArrowRight', '2', ',', 'r', '.', '1'],
  several: ['1', 'ArrowDown', TAB, { type: 'March' }],
};

export default async function keyboard(studio) {
  const page = await studio.as('ana');
  same(new Set(studio.samples.flatMap(({ questions }) => questions.map(({ type }) => type))).size, 14, 'every type of question is among the samples');
  for (const sample of studio.samples) {
    const dataset = await studio.dataset({ fields: sample.fields, questions: sample.questions }, [{ fields: sample.item }]);
    await studio.work(page, dataset);
    for (const step of HANDS[sample.name]) await act(page, step);
    if (sample.name === 'spans') await arcs(studio, page);
    await press(page, /text|correction|form|several/.test(sample.name) ? 'Control+Enter' : 'Enter');
    await until(async () => (await studio.stored('ana', dataset, 'i1')).status === 'submitted', `${sample.name} to be submitted`).catch(async (error) => {
      const said = await page.locator('[data-error]:not([hidden]), .toast').allTextContents();
      throw new Error(`${error.message}; the page says: ${said.join(' / ')}`);
    });
    const { answers } = await studio.stored('ana', dataset, 'i1');
    same(answers, expected(sample), `the answers of ${sample.name}`);
  }
  await compared(studio, page);
  await ranked(studio, page);
  await everyKey(studio, page);
  await noneOfThese(studio, page);
  await scales(studio, page);
  await filtered(studio, page);
  await rebound(studio);
  await shared(studio);
  await sideBySide(studio, page);
  await judged(studio, page);
  await sourced(studio);
}

/// On a phone the source of the sentence that is judged is in sight with it, at the words that they share.
async function sourced(studio) {
  const { fields, questions, item } = studio.sample('support');
  const filler = (word) => `This part of ${word} says nothing of it at all. `.repeat(12);
  const sources = item.sources.map((source) => ({ ...source, text: `${filler(source.id)}${source.text} ${filler(source.id)}` }));
  const answer = `${item.answer} ${'Filters are replaced every 30 days [1]. The canteen opens at one [2]. '.repeat(6).trim()}`;
  const dataset = await studio.dataset({ fields, questions }, [{ fields: { answer, sources } }]);
  for (const [width, height] of [[360, 640], [1280, 800]]) {
    const page = await studio.as('ana', { width, height });
    await studio.work(page, dataset);
    for (let at = 0; at < 10; at += 1) {
      await press(page, 'j');
      const [sentence, sources_, cited, bar] = await page.evaluate(() => {
        const edges = ({ top, bottom }) => [Math.round(top), Math.round(bottom)];
        const range = [...CSS.highlights.get('cited') ?? []][0];
        return [document.querySelector('[data-unit][data-current] [data-sentence]'), document.querySelector('.sources'), range, document.querySelector('.actions')].map((one) => one && edges(one.getBoundingClientRect()));
      });
      holds(sentence[0] >= 0 && sentence[1] <= height, `sentence ${at} at ${width}: ${sentence}`);
      if (cited) holds(cited[0] >= Math.max(0, sources_[0]) && cited[1] <= Math.min(sources_[1], bar[0]), `its source at ${width}: ${cited} in ${sources_} above ${bar}`);
      if (width < 500) holds(sentence[1] <= sources_[0], `the source hides the sentence: ${sentence} ${sources_}`);
    }
    await studio.pictures(`support-source-${width}`, page);
  }
}

/// What passages share with the query is marked, the query stays in sight, and evidence is marked by drag too.
async function judged(studio, page) {
  const { fields, questions, item } = studio.sample('relevance');
  const [first, second] = item.found;
  const long = { ...item, found: [first, { ...second, text: `${second.text} `.repeat(60) }] };
  const dataset = await studio.dataset({ fields, questions }, [{ fields: long }]);
  await studio.work(page, dataset);
  same(await page.locator('[data-passage="p1"] mark').allTextContents(), ['Filters', 'replaced'], 'words of the query in their forms');
  same([...new Set(await page.locator('[data-passage="p2"] mark').allTextContents())], ['Filters'], 'and no others');
  const [from, to] = await page.evaluate(() => {
    const marks = [...document.querySelectorAll('[data-passage="p1"] mark')].map((mark) => mark.getBoundingClientRect());
    return marks.map(({ left, right, top, height }) => [(left + right) / 2, top + height / 2]);
  });
  await page.mouse.move(...from);
  await page.mouse.down();
  await page.mouse.move(...to, { steps: 3 });
  await page.mouse.up();
  const evidence = async () => JSON.parse(await page.inputValue('[name="e.q/p1"]'));
  await until(async () => (await evidence()).length === 1, 'the evidence');
  same((await evidence()).map(([start, end]) => first.text.slice(start, end)), ['Filters are replaced'], 'whole words');
  await page.locator('[data-passage="p1"] .evidence button').click();
  same(await evidence(), [], 'a button takes it away');
  await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
  const { y, height } = await page.locator('.query').boundingBox();
  holds(y >= 0 && y + height <= 800, `the query is in sight at ${y}`);
}

/// Keys of options beyond nine, the same key again, Ctrl+S, the way through questions and parts, and what is still open.
async function everyKey(studio, page) {
  const open = async (name) => {
    const { fields, questions, item } = studio.sample(name);
    const dataset = await studio.dataset({ fields, questions }, [{ fields: item }]);
    await studio.work(page, dataset);
    return dataset;
  };
  const chosen = () => page.locator('#stage .question :checked').evaluateAll((all) => all.map((one) => one.value));
  const active = () => page.locator('.question[data-active]').getAttribute('data-question');

  const many = await open('labels');
  await press(page, '9 0 a b');
  same(await chosen(), ['Reason 9', 'Reason 10', 'Reason 11', 'Reason 12'], 'ten and more');
  await press(page, '0 b');
  same(await chosen(), ['Reason 9', 'Reason 11'], 'the same key again takes back');
  await press(page, 'Control+s');
  await until(async () => (await studio.stored('ana', many, 'i1')).answers?.q?.length === 2, 'the draft');
  same((await studio.stored('ana', many, 'i1')).status, 'draft', 'nothing was submitted');

  const several = await open('several');
  await press(page, '1');
  same([await chosen(), await active()], [['billing'], 'topic'], 'the first question');
  await press(page, '1');
  same(await chosen(), [], 'a radio button is taken back too');
  await press(page, 'ArrowDown Enter');
  same(await page.locator('[data-missing]').evaluateAll((all) => all.map((one) => one.dataset.question)), ['topic'], 'the question that is missing is marked');
  holds(await page.locator('[data-question="topic"] [data-error]').isVisible(), 'and says so');
  same(await active(), 'topic', 'Enter leads to it');
  holds((await studio.stored('ana', several, 'i1')).status !== 'submitted', 'and submits nothing');
  await press(page, '1');
  same(await page.locator('[data-missing]').count(), 0, 'it is answered');
  const way = [];
  for (const key of ['ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowUp']) {
    await press(page, key);
    way.push(await active());
  }
  same(way, ['why', 'tone', 'topic', 'tone'], 'after the last comes the first, and before the first the last');

  await open('turns');
  const turn = () => page.locator('[data-unit]').evaluateAll((all) => all.findIndex((one) => 'current' in one.dataset));
  const turns = [await turn()];
  for (const key of ['j', 'j', 'k', 'k']) {
    await press(page, key);
    turns.push(await turn());
  }
  same(turns, [0, 1, 1, 0, 0], 'from turn to turn and back, and no further');

  // The source of a sentence opens at the words that they share.
  await open('support');
  const source = () => page.evaluate(() => [
    [...document.querySelectorAll('[data-source][data-open]')].map((one) => one.dataset.source),
    [...CSS.highlights.get('cited') ?? []].map(String),
  ]);
  same(await source(), [['p1'], ['Filters are replaced every 30 days.']], 'the first sentence');
  await press(page, 'j');
  same(await source(), [['p2'], ['The canteen opens at noon.']], 'the second');
}

/// That none of the options applies is said, kept, counted by the agreement, and never said together with one of them.
async function noneOfThese(studio, page) {
  const questions = [{ name: 'q', type: 'labels', options: ['bug', 'wish'] }, { name: 'why', type: 'text', required: false, visible_when: { question: 'q', any_of: [] } }];
  const dataset = await studio.dataset({ fields: [{ name: 'text', type: 'text' }], questions, distribution: { overlap: 2 } }, Array.from({ length: 4 }, (_, at) => ({ fields: { text: `Ticket ${at}` } })));
  await studio.work(page, dataset);
  const chosen = () => page.locator('#stage .question :checked').evaluateAll((all) => all.map((one) => one.value));
  await press(page, 'Enter');
  holds(await page.locator('[data-question="q"] [data-error]').isVisible(), 'nothing said is no answer');
  await press(page, '1 -');
  same(await chosen(), ['none'], 'none instead of one');
  holds(await page.locator('[data-question="why"]').isVisible(), 'what asks after any answer is asked');
  await studio.pictures('none-of-these', page);
  await press(page, '2');
  same(await chosen(), ['wish'], 'one instead of none');
  await press(page, 'Control+z');
  same(await chosen(), ['none'], 'one undo');
  for (let left = 4; left > 0; left -= 1) {
    const here = await page.locator('#stage .item').getAttribute('data-item');
    await press(page, left === 4 ? 'Enter' : '- Enter');
    await until(async () => (await studio.stored('ana', dataset, here).catch(() => ({}))).status === 'submitted', `${here} to be submitted`);
    same((await studio.stored('ana', dataset, here)).answers, { q: [] }, 'none');
    if (left > 1) await until(async () => (await page.locator('#stage .item').getAttribute('data-item').catch(() => here)) !== here, 'the next item');
  }
  const { items } = await studio.api('ben', `datasets/${dataset}/next`, { how_many: 4 });
  for (const { item, lease, version } of items) await studio.api('ben', `datasets/${dataset}/submit`, { item, lease, version, answers: { q: ['bug'] }, active_ms: 5000 });
  const { agreement } = await studio.api('lena', `datasets/${dataset}/dashboard`);
  const { metric } = agreement.find(({ question }) => question === 'q');
  holds(metric.n > 0, `they are among what agreement is computed from: ${JSON.stringify(metric)}`);
}

/// Every number of a scale has a key: ten, and those below zero.
async function scales(studio, page) {
  for (const [min, max, key, value] of [[1, 10, '0', 10], [0, 10, 'a', 10], [-3, 3, 'b', -2]]) {
    const dataset = await studio.dataset({ fields: [{ name: 'text', type: 'text' }], questions: [{ name: 'q', type: 'rating', min, max }] }, [{ fields: { text: 'x' } }]);
    await studio.work(page, dataset);
    same(await page.locator('.option:has(kbd) .words').evaluateAll((all, wanted) => all.map((one) => one.textContent).includes(String(wanted)), value), true, `${key} is printed on ${value}`);
    await press(page, `${key} Enter`);
    await until(async () => (await studio.stored('ana', dataset, 'i1')).status === 'submitted', `${value} by ${key}`);
    same((await studio.stored('ana', dataset, 'i1')).answers.q, value, `what ${key} says from ${min} to ${max}`);
  }
}

/// More labels than keys are found by typing: of turns, of parts and of the arrows between them.
async function filtered(studio, page) {
  const options = Array.from({ length: 45 }, (_, at) => `label ${at + 1}`);
  const chat = studio.sample('turns');
  let dataset = await studio.dataset({ fields: chat.fields, questions: [{ ...chat.questions[0], options }] }, [{ fields: chat.item }]);
  await studio.work(page, dataset);
  await press(page, 'j /');
  await page.keyboard.type('l44');
  await press(page, 'Enter Escape Enter');
  await until(async () => (await studio.stored('ana', dataset, 'i1')).status === 'submitted', 'the turn');
  same((await studio.stored('ana', dataset, 'i1')).answers.q, [{ turn: 3, labels: ['label 44'] }], 'of the turn at hand alone');

  const questions = [{ name: 'q', type: 'spans', field: 'text', options }, { name: 'links', type: 'relations', spans: 'q', options }];
  dataset = await studio.dataset({ fields: [{ name: 'text', type: 'text' }], questions }, [{ fields: { text: 'one two three' } }]);
  await studio.work(page, dataset);
  for (const label of ['l41', 'l42']) {
    await press(page, `${label === 'l41' ? 't' : 'Escape'} ArrowRight /`);
    await page.keyboard.type(label);
    await press(page, 'Enter');
  }
  await studio.pictures('spans-filtered', page);
  await press(page, ', r . /');
  await page.keyboard.type('l43');
  await press(page, 'Enter Escape Escape Escape');
  await page.locator('.actions [value="submit"]').click();
  await until(async () => (await studio.stored('ana', dataset, 'i1')).status === 'submitted', 'the parts and the arrow');
  const { q, links } = (await studio.stored('ana', dataset, 'i1')).answers;
  same([q.map(({ label, quote }) => [label, quote]), links.map(({ label }) => label)], [[['label 41', 'one'], ['label 42', 'two']], ['label 43']], 'labels without a key');
}

/// A key that would be dead is refused where the person looks; one that was kept from before is not taken over.
async function rebound(studio) {
  const { fields, questions, item } = studio.sample('label');
  const dataset = await studio.dataset({ fields, questions }, [{ fields: item }]);
  for (const [width, height] of [[1280, 800], [360, 640]]) {
    const page = await studio.as('ana', { width, height });
    await page.addInitScript(() => localStorage.setItem('engraft.keys', '{"guidelines":"h","flag":"Alt+f"}'));
    await studio.work(page, dataset);
    await press(page, '?');
    const row = (words) => page.locator(`.sheet-keys tr:has(td:text-is("${words}"))`);
    same([await row('Guidelines').locator('kbd').textContent(), await row('Flag for a lead').locator('kbd').textContent()], ['G', 'Alt F'], 'what options have is a command no more');
    holds(/A or B is better.*= equally good, 0 all bad/.test(await page.locator('dialog').innerText()), 'the keys of pairs are there');
    for (const key of ['h', ',', 'Delete', 'Shift+ArrowLeft', 'c']) {
      const line = page.locator('.sheet-keys tr:has(button[aria-label^="Flag for a lead"])');
      await line.locator('button').click();
      await press(page, key);
      const alert = line.locator('[role="alert"]');
      const { y, height: tall } = await alert.boundingBox();
      holds(y >= 0 && y + tall <= height, `${key} is refused in sight at ${width}: ${y}`);
      same(await line.locator('kbd').textContent(), 'Alt F', `${key} is not taken`);
    }
    await studio.pictures(`keys-refused-${width}`, page);
    same(await studio.axe(page), [], 'the sheet is accessible');
  }
}

/// A command whose key an option has goes to Shift and that letter, wherever its key is shown, and can go elsewhere still.
async function shared(studio) {
  const page = await studio.as('ana');
  const option = (value) => ({ value, key: value[0] });
  const questions = [{ name: 'q', type: 'labels', options: ['cat', 'fox', 'goat'].map(option) }];
  const dataset = await studio.dataset({ fields: [{ name: 'text', type: 'text' }], questions }, [{ fields: { text: 'x' } }]);
  await studio.work(page, dataset);
  const hint = (selector) => page.locator(`${selector} kbd`).first().textContent();
  same([await hint('[data-press="comment"]'), await hint('[data-press="flag"]'), await hint('button.aside')], ['Shift C', 'Shift F', 'Shift G'], 'the buttons say so');
  await press(page, 'c f');
  same(await page.locator('#stage .question :checked').evaluateAll((all) => all.map((one) => one.value)), ['cat', 'fox'], 'options keep their keys');
  await press(page, 'Shift+C');
  await page.waitForSelector('dialog[open]');
  // The next key may come before the browser has taken the focus out of the closed dialog.
  await page.locator('dialog').evaluate((dialog) => {
    dialog.close();
    document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: '?', bubbles: true }));
  });
  const row = page.locator('.sheet-keys tr:has(button[aria-label^="Comment"])');
  same([await row.locator('kbd').textContent(), await row.locator('.help').textContent()], ['Shift C', 'C is an option here.'], 'the sheet says so');
  same(await studio.axe(page), [], 'the sheet is accessible');
  await row.locator('button').click();
  await press(page, 'Alt+c');
  same([await row.locator('kbd').textContent(), await row.locator('.help').count()], ['Alt C', 0], 'another key can be chosen');
  await press(page, 'Escape Alt+c');
  await page.waitForSelector('dialog[open]');
}

/// Long answers scroll together, each to the same share of its height.
async function sideBySide(studio, page) {
  const { fields, questions, item } = studio.sample('preference');
  const long = item.answers.map((one, at) => ({ ...one, text: `${one.text} `.repeat(at ? 300 : 150) }));
  const dataset = await studio.dataset({ fields, questions }, [{ fields: { ...item, answers: long } }]);
  await studio.work(page, dataset);
  const sides = page.locator('.side .written');
  await sides.first().evaluate((side) => { side.scrollTop = side.scrollHeight; });
  await until(() => sides.last().evaluate((side) => side.scrollTop > 0 && side.scrollTop + side.clientHeight > side.scrollHeight - 3), 'the other side to follow to its end');
  await sides.last().evaluate((side) => { side.scrollTop = 0; });
  await until(() => sides.first().evaluate((side) => side.scrollTop === 0), 'and back to its beginning');
}

/// Which of two is better: a tie, both bad, three strengths; what differs; sides in an order of each person's own, which is logged.
async function compared(studio, page) {
  const { fields, questions: [question], item } = studio.sample('preference');
  const asked = { ...question, strength: 3, tie: true, both_bad: true };
  const dataset = await studio.dataset({ fields, questions: [asked], distribution: { overlap: 2 } }, Array.from({ length: 8 }, () => ({ fields: item })));
  await studio.work(page, dataset);

  const pressed = () => page.locator('[data-do="diff"]').getAttribute('aria-pressed');
  same(await page.locator('.side :is(ins, del)').count(), 0, 'two answers as they are');
  await press(page, 'd');
  holds((await page.locator('.side ins').count()) > 0 && (await page.locator('.side del').count()) > 0, 'what came and what went');
  same(await pressed(), 'true', 'the button says that differences are shown');
  await page.locator('[data-do="diff"]').click();
  same([await pressed(), await page.locator('.side :is(ins, del)').count()], ['false', 0], 'as they are again');
  await press(page, 'Escape');

  const orders = {};
  const ways = [['=', () => ({ choice: 'tie' })], ['0', () => ({ choice: 'both_bad' })], ...['1', '2', '3'].map((key) => [`a ${key}`, ([first]) => ({ choice: { id: first }, strength: Number(key) })]), ['b 3', ([, second]) => ({ choice: { id: second }, strength: 3 })]];
  for (const [keys, answer] of ways) {
    const here = await page.locator('#stage .item').getAttribute('data-item');
    orders[here] = await page.locator('.side').evaluateAll((sides) => sides.map((side) => side.dataset.side));
    await press(page, `${keys} Enter`);
    await until(async () => (await studio.stored('ana', dataset, here).catch(() => ({}))).status === 'submitted', `the answer by ${keys}`);
    same((await studio.stored('ana', dataset, here)).answers.q, answer(orders[here]), `what ${keys} says`);
    await until(async () => (await page.locator('#stage .item').getAttribute('data-item')) !== here, 'the next item');
  }
  const firsts = (of) => new Set(Object.values(of).map(([first]) => first)).size;
  same(firsts(orders), 2, 'neither side always comes first');
  const { items } = await studio.api('ben', `datasets/${dataset}/next`, { how_many: 8 });
  const others = items.map((one) => [one.item, one.presented.answers]).filter(([name]) => orders[name]);
  holds(others.some(([name, order]) => order[0] !== orders[name][0]), 'another person sees them in another order');
  const lead = await studio.as('olga');
  await lead.goto('/log');
  const log = await lead.locator('tr:has(td:text-is("submitted an answer")):has(td:text-is("ana")) code').allTextContents();
  const logged = log.slice(0, ways.length).map((body) => JSON.parse(body).presented.answers).reverse();
  same(logged, Object.values(orders), 'the log says in which order they stood');
}

/// Equal ranks are ties.
async function ranked(studio, page) {
  const { fields, questions, item } = studio.sample('ranking');
  const third = { ...item, answers: [...item.answers, { id: 'm3', text: 'Ask the maker.' }] };
  const dataset = await studio.dataset({ fields, questions }, [{ fields: third }]);
  await studio.work(page, dataset);
  const order = await page.locator('.side').evaluateAll((sides) => sides.map((side) => side.dataset.side));
  await press(page, '1 2 1 Enter');
  await until(async () => (await studio.stored('ana', dataset, 'i1')).status === 'submitted', 'the ranking');
  const { answers } = await studio.stored('ana', dataset, 'i1');
  const ranks = Object.fromEntries(answers.q.map(({ value, rank }) => [value, rank]));
  same(order.map((id) => ranks[id]), [1, 2, 1], 'two of them tie');
}

/// The arrow that was made with keys is drawn over the text, from one part to the other, and named.
async function arcs(studio, page) {
  await until(async () => (await page.locator('.arcs .line').count()) === 1, 'the arc');
  same(await page.locator('.arcs text').textContent(), 'lives in', 'its label');
  const [names, line] = await page.evaluate(() => {
    const left = (one) => one.getBoundingClientRect().left;
    return [[...document.querySelectorAll('.names span')].map(left).sort((a, b) => a - b), left(document.querySelector('.arcs .line'))];
  });
  await studio.pictures('arcs', page);
  holds(names.length === 2 && names[0] <= line && line < names[1], `the arc begins above the first part: ${line} of ${names}`);
}

async function act(page, step) {
  if (step === TAB) {
    for (let stop = 0; stop < 40; stop += 1) {
      await page.keyboard.press('Tab');
      if (await page.evaluate(() => document.activeElement.matches('.question[data-active] :is(textarea, input:not([type="radio"], [type="checkbox"]))'))) return;
    }
    throw new Error('Tab never reached the field');
  }
  if (step.type) return page.keyboard.type(step.type);
  // The order of sides is this person's own: the better answer is m2, wherever it stands.
  const better = step === 'rank' || step === 'prefer' ? await page.locator('.side').evaluateAll((sides) => sides.findIndex((side) => side.dataset.side === 'm2')) : 0;
  if (step === 'rank') return press(page, better === 0 ? '1 2' : '2 1');
  if (step === 'prefer') return press(page, better === 0 ? 'a 2' : 'b 2');
  return press(page, step);
}

function expected({ name, answers }) {
  if (name === 'form') return { q: { amount: 40 } };
  return answers;
}
