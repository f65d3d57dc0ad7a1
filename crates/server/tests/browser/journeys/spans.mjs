// Spans by pointer, key and touch: whole words, single characters, lanes, edges, identical words; code points in any script.

import { holds, press, same, until } from '../studio.mjs';
import touch from '../touch/marking.mjs';

const TEXT = '👩‍👩‍👧 Ana Ruiz lives in 東京都 since March 🎉🎉. Ana likes it.\nيعيش أحمد في القاهرة منذ عام ٢٠١٩.\r\nमुंबई में बारिश। e\u0301toile 𝔘nicode';

export default async function spans(studio) {
  const questions = [{ name: 'q', type: 'spans', field: 'text', overlapping: true, discontinuous: true, options: ['person', 'place', 'thing'] }];
  const dataset = await studio.dataset({ fields: [{ name: 'text', type: 'text' }], questions }, [{ fields: { text: TEXT } }]);
  const page = await studio.as('ana');
  await studio.work(page, dataset);
  const kept = async () => JSON.parse(await page.inputValue('[name="q.q"]'));
  const quotes = async () => (await kept()).map(({ label, quote }) => `${label}:${quote}`);

  // Half of two words becomes both of them; the label comes after.
  await drag(page, 'na Rui');
  await press(page, '1');
  same(await quotes(), ['person:Ana Ruiz'], 'words come in whole');

  // The label first, then one drag after the other; Shift takes characters.
  await press(page, 'Escape 2');
  await drag(page, '東京', { shift: true });
  await drag(page, 'القاهر');
  await press(page, 'Escape');
  same(await quotes(), ['person:Ana Ruiz', 'place:東京', 'place:القاهرة'], 'characters with Shift, words without, right to left too');

  same(await page.locator('[data-label][aria-pressed="true"]').count(), 0, 'no label waits for a drag any more');

  // A part over a part lies in a lane of its own.
  await drag(page, 'Ana Ruiz lives in 東京都', { shift: true });
  await press(page, '3');
  const lanes = await page.evaluate(() => [...CSS.highlights].filter(([name, one]) => name.startsWith('part') && one.size).map(([name]) => name.split('-').at(-1)));
  holds(new Set(lanes).size === 2, `overlapping parts need two lanes, not ${lanes}`);

  // Edges move by characters as people count them, Delete removes.
  await press(page, 'Delete');
  await drag(page, '🎉🎉', { shift: true });
  await press(page, '3');
  await page.focus('[data-text]');
  await press(page, 'ArrowLeft');
  same((await quotes()).at(1), 'place:東京', 'in order of start');
  same((await quotes()).at(2), 'thing:🎉', 'one emoji less');
  await drag(page, '👩‍👩‍👧 Ana', { shift: true });
  await press(page, '3');
  await page.focus('[data-text]');
  await press(page, 'Shift+ArrowRight');
  same((await quotes())[0], 'thing: Ana', 'a family is one character');
  await press(page, 'Delete');

  // The same words elsewhere, all at once, and one undo for all.
  await drag(page, 'Ana', { nth: 2 });
  await press(page, '1');
  const [{ char_start: start }] = (await kept()).filter(({ quote }) => quote === 'Ana');
  same([...TEXT].slice(start, start + 3).join(''), 'Ana', 'offsets are code points');
  await page.waitForSelector('.toast:has-text("The same words stand at 1 more place.")');
  await page.locator('[data-press="alike"]').click();
  await page.waitForSelector('.toast:has-text("Marked 1 more.")');
  same((await quotes()).filter((one) => one === 'person:Ana').length, 2, 'identical words, by button');
  await press(page, 'Control+z');
  same((await quotes()).filter((one) => one === 'person:Ana').length, 1, 'taken back');
  same(await page.locator('[data-marks] li').count(), (await quotes()).length, 'in the list too');
  await page.locator('[data-marks] button:has-text("Ana")').last().click();
  await press(page, 'i');
  same((await quotes()).filter((one) => one === 'person:Ana').length, 2, 'identical words, by key');
  await press(page, 'Control+z');
  same((await quotes()).filter((one) => one === 'person:Ana').length, 1, 'one undo');

  // What the server keeps is what was quoted: it checks every quote against the stored text.
  await drag(page, 'मुंबई');
  await press(page, '2');
  await drag(page, 'e\u0301toile 𝔘nicode');
  await press(page, '3 Escape');
  const given = await kept();
  await press(page, 'Enter');
  await until(async () => (await studio.stored('ana', dataset, 'i1')).status === 'submitted', 'the server to accept every quote');
  const { answers } = await studio.stored('ana', dataset, 'i1');
  same(answers.q.map(({ label, quote }) => [label, quote]), given.map(({ label, quote }) => [label, quote]), 'the stored spans');
  for (const { char_start: from, char_end: to, quote } of answers.q) same([...TEXT].slice(from, to).join(''), quote, 'offsets are code points of the stored text');

  // A piece is added to a part only where parts may have gaps.
  for (const discontinuous of [true, false]) {
    const asked = [{ ...questions[0], discontinuous }];
    const other = await studio.dataset({ fields: [{ name: 'text', type: 'text' }], questions: asked }, [{ fields: { text: 'one two three four' } }]);
    await studio.work(page, other);
    await drag(page, 'one');
    await press(page, '1');
    await page.focus('[data-text]');
    await press(page, 'ArrowDown +');
    same((await kept())[0].parts?.length ?? 1, discontinuous ? 2 : 1, `pieces, with gaps ${discontinuous ? 'allowed' : 'forbidden'}`);
    if (discontinuous) await byPointer(studio, page, other, kept);
  }
  await suggested(studio, page, kept);
  await lean(studio);
  await touch(studio);
}

/// Alt and a drag add one more piece; all of them are stored.
async function byPointer(studio, page, dataset, kept) {
  await press(page, 'Escape Control+z');
  same((await kept())[0].parts?.length ?? 1, 1, 'the piece added by key is gone again');
  await page.locator('[data-marks] button').click();
  await page.keyboard.down('Alt');
  await drag(page, 'three');
  await page.keyboard.up('Alt');
  await press(page, 'Escape Escape Escape');
  await page.locator('.actions [value="submit"]').click();
  await until(async () => (await studio.stored('ana', dataset, 'i1')).status === 'submitted', 'the span with a gap');
  const [{ parts, quote }] = (await studio.stored('ana', dataset, 'i1')).answers.q;
  same([parts, quote], [[[0, 3], [8, 13]], 'one … three'], 'both pieces and nothing between them');
}

/// What a model suggests is gone through part by part, with keys and with buttons.
async function suggested(studio, page, kept) {
  const questions = [{ name: 'q', type: 'spans', field: 'text', options: ['person', 'place'] }];
  const part = (char_start, quote, label) => ({ char_start, char_end: char_start + quote.length, quote, label });
  const answers = { q: [part(0, 'Ana', 'person'), part(8, 'Lima', 'place'), part(17, 'Rome', 'place')] };
  const dataset = await studio.dataset({ fields: [{ name: 'text', type: 'text' }], questions }, [{ fields: { text: 'Ana saw Lima and Rome.' }, suggestions: [{ model: 'tagger-3', score: 0.9, answers }] }]);
  await studio.work(page, dataset);
  const quotes = async () => (await kept()).map(({ quote }) => quote);
  await press(page, 'n n p Space');
  same(await quotes(), ['Ana'], 'the second part was gone to and come back from');
  await page.locator('[data-press="nextSuggestion"]').click();
  await page.locator('.toast button:has-text("Accept")').last().click();
  same(await quotes(), ['Ana', 'Rome'], 'a button takes the part that is shown');
  await page.locator('[data-do="accept"]').click();
  same(await quotes(), ['Ana', 'Lima', 'Rome'], 'and another all that is left');

  // A double click marks a word.
  const spot = await page.evaluate(() => {
    const node = document.querySelector('[data-text] .block').firstChild;
    const range = document.createRange();
    range.setStart(node, node.data.indexOf('saw'));
    range.setEnd(node, node.data.indexOf('saw') + 3);
    const rect = range.getBoundingClientRect();
    return [rect.left + rect.width / 2, rect.top + rect.height / 2];
  });
  await page.mouse.dblclick(...spot);
  await page.waitForTimeout(60);
  await press(page, '1');
  same(await quotes(), ['Ana', 'saw', 'Lima', 'Rome'], 'the word under the double click');
}

/// Nothing that listens is left behind by an item that is done.
async function lean(studio) {
  const questions = [{ name: 'q', type: 'spans', field: 'text', options: ['person', 'place'] }];
  const dataset = await studio.dataset({ fields: [{ name: 'text', type: 'text' }], questions }, Array.from({ length: 4 }, (_, at) => ({ fields: { text: `Ana saw Lima ${at} times.` } })));
  const page = await studio.as('ben');
  await page.addInitScript(() => {
    window.ears = 0;
    const listen = window.addEventListener;
    window.addEventListener = function addEventListener(kind, ...rest) {
      if (kind === 'scroll') window.ears += 1;
      return listen.call(this, kind, ...rest);
    };
    const Plain = ResizeObserver;
    window.ResizeObserver = class extends Plain { constructor(...given) { super(...given); window.ears += 1; } };
  });
  await studio.work(page, dataset);
  const first = await page.evaluate(() => window.ears);
  for (let at = 0; at < 3; at += 1) {
    const item = await page.locator('#stage .item').getAttribute('data-item');
    await press(page, 'Enter');
    await until(async () => (await page.locator('#stage .item').getAttribute('data-item')) !== item, 'the next item');
  }
  holds(first > 0, 'somebody listens');
  same(await page.evaluate(() => window.ears), first, 'as many as with the first item');
}

/// Selects the `nth` place of some words with the pointer.
async function drag(page, words, { shift = false, nth = 1 } = {}) {
  const places = await page.evaluate(([wanted, which]) => {
    const nodes = [...document.querySelectorAll('[data-text] .block')].map((block) => block.firstChild);
    let left = which;
    for (const node of nodes) {
      for (let at = node.data.indexOf(wanted); at >= 0; at = node.data.indexOf(wanted, at + 1)) {
        left -= 1;
        if (left) continue;
        const point = (from, to, end) => {
          const range = document.createRange();
          range.setStart(node, from);
          range.setEnd(node, to);
          const rect = range.getBoundingClientRect();
          const rtl = /[\u0590-\u08ff]/.test(node.data.slice(from, to));
          return [end !== rtl ? rect.right - 1 : rect.left + 1, rect.top + rect.height / 2];
        };
        const last = [...new Intl.Segmenter().segment(wanted)].at(-1).segment;
        const first = [...new Intl.Segmenter().segment(wanted)][0].segment;
        return [point(at, at + first.length, false), point(at + wanted.length - last.length, at + wanted.length, true)];
      }
    }
    return null;
  }, [words, nth]);
  if (!places) throw new Error(`“${words}” is not on the page`);
  const [[x, y], [toX, toY]] = places;
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move((x + toX) / 2, (y + toY) / 2);
  await page.mouse.move(toX, toY);
  if (shift) await page.keyboard.down('Shift');
  await page.mouse.up();
  if (shift) await page.keyboard.up('Shift');
  await page.waitForTimeout(60);
}
