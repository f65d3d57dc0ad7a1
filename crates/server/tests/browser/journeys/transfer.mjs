// A lead makes a dataset, brings a file in and takes one out; the pages say what was not taken and what a format cannot hold.

import { readFileSync } from 'node:fs';
import builder from '../lead/builder.mjs';
import { holds, same } from '../studio.mjs';

export default async function transfer(studio) {
  await builder(studio);
  const questions = [{ name: 'who', type: 'spans', field: 'text', options: ['person', 'place'] }, { name: 'tone', type: 'label', options: ['glad', 'sad'], required: false }];
  const dataset = await studio.dataset({ fields: [{ name: 'text', type: 'text' }], questions }, [{ fields: { text: 'Ana Ruiz lives in Lima.' } }]);
  const page = await studio.as('lena');
  await page.goto(`/d/${dataset}/transfer`);
  const line = (id, text, spans) => JSON.stringify({ id, fields: { text }, responses: [{ user: 'ben', status: 'submitted', answers: { who: spans, tone: 'glad' } }] });
  const whole = line('n1', 'Ana met Bo.', [{ char_start: 0, char_end: 3, label: 'person', quote: 'Ana' }]);
  const moved = line('n2', 'Then Bo left.', [{ char_start: 0, char_end: 2, label: 'person', quote: 'Bo' }]);
  await page.setInputFiles('[name="file"]', { name: 'more.jsonl', mimeType: 'application/x-ndjson', buffer: Buffer.from(`${whole}\n${moved}\nnot json\n`) });
  const bring = async () => {
    const reply = page.waitForResponse((response) => response.url().includes('/import'));
    await page.click('form[data-import] .button.primary');
    await reply;
    await page.waitForSelector('[data-report] .notice');
    return (await page.locator('[data-report]').innerText()).replace(/\s+/g, ' ');
  };
  const told = await bring();
  holds(/^2 items added, 2 responses, 1 span put right by its quote\./.test(told), `what came in: ${told}`);
  holds(/1 entry was not taken/.test(told) && /\b3\b/.test(told), `the line that cannot be read: ${told}`);
  same(await studio.axe(page), [], 'the report is accessible');
  const again = await bring();
  holds(/^0 items added, 2 were here already/.test(again), `the same file once more: ${again}`);
  await page.check('form[data-import] [name="strict"]');
  holds(/nothing was imported/.test(await bring()), 'strict takes nothing when a line cannot be read');

  await page.selectOption('form[action$="/export"] [name="format"]', 'conll');
  await Promise.all([page.waitForLoadState('load'), page.click('form[action$="/export"] .button.primary')]);
  await page.waitForSelector('a[download]');
  holds(/cannot hold/.test(await page.locator('main').innerText()), 'CoNLL has no place for a label of the whole text');
  same(await studio.axe(page), [], 'the losses are accessible');
  const [file] = await Promise.all([page.waitForEvent('download'), page.locator('a[download]').first().click()]);
  holds(/B-person/.test(readFileSync(await file.path(), 'utf8')), 'the file has the labels');

  // What Label Studio must be told comes along.
  await page.selectOption('form[action$="/export"] [name="format"]', 'label-studio');
  await Promise.all([page.waitForLoadState('load'), page.click('form[action$="/export"] .button.primary')]);
  const offered = page.locator('a[download]');
  same((await offered.allTextContents()).map((name) => name.split('.').slice(1).join('.')), ['config.xml', 'json'], 'the configuration and the tasks');
  const [config] = await Promise.all([page.waitForEvent('download'), offered.first().click()]);
  holds(/<Labels name="who" toName="text"/.test(readFileSync(await config.path(), 'utf8')), 'it asks the same');
}
