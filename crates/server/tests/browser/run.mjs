// Runs every journey in one browser, each with datasets of its own, and says how it went.

import { readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Studio } from './studio.mjs';

const { STUDIO_URL: url, STUDIO_PASSWORD: password, STUDIO_CHROMIUM: chromium, STUDIO_MODULES: modules } = process.env;
const here = dirname(fileURLToPath(import.meta.url));
const playwright = createRequire(join(modules, 'playwright-core', 'package.json'))('playwright-core');
const only = process.argv.slice(2);

const browser = await playwright.chromium.launch({ executablePath: chromium, args: ['--no-sandbox'] });
const studio = new Studio(browser, { url, password, modules, shots: join(modules, '..', '..', 'screenshots') });
const journeys = readdirSync(join(here, 'journeys')).filter((file) => file.endsWith('.mjs') && (!only.length || only.some((name) => file.startsWith(name)))).sort();
let failed = 0;

for (const file of journeys) {
  const { default: journey } = await import(join(here, 'journeys', file));
  const before = performance.now();
  let error = null;
  try {
    await journey(studio);
  } catch (thrown) {
    error = thrown;
    await studio.photograph(`failed-${file.replace('.mjs', '')}`);
  }
  for (const problem of await studio.leave()) error ??= new Error(`the browser complained: ${problem}`);
  failed += Boolean(error);
  console.log(`${error ? 'FAILED' : 'ok    '} ${file.replace('.mjs', '')} (${Math.round(performance.now() - before)} ms)`);
  if (error) console.log(error.stack);
}
const version = browser.version();
await browser.close();
if (process.env.STUDIO_FIGURES) writeFileSync(process.env.STUDIO_FIGURES, JSON.stringify({ chromium: version, figures: studio.figures }));
console.log(`${journeys.length - failed} of ${journeys.length} journeys`);
process.exit(failed ? 1 : 0);
