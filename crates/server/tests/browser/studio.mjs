// The studio under test: people who are signed in, datasets they work on, and what the server has of their answers.

import { mkdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/// The rules of axe that a theme can break.
export const COLOURS = ['color-contrast', 'link-in-text-block'];

export class Studio {
  #signedIn = new Map();
  #open = [];
  #problems = [];
  #number = 0;
  /// What journeys measured, in milliseconds, each with all its readings.
  figures = {};

  constructor(browser, { url, password, modules, shots }) {
    Object.assign(this, { browser, url, password, modules, shots });
  }

  /// A page of a person, in a context of its own. What the browser complains about fails the journey.
  async as(user, { width = 1280, height = 800, ...options } = {}) {
    const storageState = this.#signedIn.get(user) ?? await this.#signIn(user);
    const context = await this.browser.newContext({ baseURL: this.url, viewport: { width, height }, storageState, ...options });
    context.setDefaultTimeout(10_000);
    // While a module or the style sheet is being written, it can be tried without building the server.
    if (process.env.STUDIO_ASSETS) await context.route('**/assets/*/*', (route) => route.fulfill({ path: join(process.env.STUDIO_ASSETS, basename(new URL(route.request().url()).pathname)) }));
    const page = await context.newPage();
    page.on('pageerror', (error) => this.#problems.push(error.stack));
    page.on('console', (message) => { if (/Content Security Policy|violat/i.test(message.text())) this.#problems.push(message.text()); });
    this.#open.push({ context, page });
    return page;
  }

  /// The cookies of one more session of a person.
  async freshCookies(user) {
    return (await this.#enter(user)).cookies;
  }

  async #signIn(user) {
    const state = await this.#enter(user);
    this.#signedIn.set(user, state);
    return state;
  }

  async #enter(user) {
    const context = await this.browser.newContext({ baseURL: this.url });
    const page = await context.newPage();
    await page.goto('/login');
    await page.fill('[name="name"]', user);
    await page.fill('[name="password"]', this.password);
    await Promise.all([page.waitForURL((at) => !at.pathname.startsWith('/login')), page.press('[name="password"]', 'Enter')]);
    const state = await context.storageState();
    await context.close();
    return state;
  }

  /// A request to the JSON API as a person; throws unless it succeeds.
  async api(user, path, body, headers = {}) {
    const state = this.#signedIn.get(user) ?? await this.#signIn(user);
    const cookie = state.cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
    const home = await fetch(`${this.url}/`, { headers: { cookie } });
    const [, csrf] = (await home.text()).match(/<meta name="csrf" content="([^"]*)"/);
    const method = body === undefined ? 'GET' : 'POST';
    const type = typeof body === 'string' ? 'application/octet-stream' : 'application/json';
    const response = await fetch(`${this.url}/api/v1/${path}`, {
      method, headers: { cookie, 'x-csrf-token': csrf, ...(body === undefined ? {} : { 'content-type': type }), ...headers },
      body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
    });
    const reply = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${reply}`);
    return JSON.parse(reply);
  }

  /// A new dataset with these items; returns its name.
  async dataset(schema, items) {
    this.#number += 1;
    const name = `set-${this.#number}`;
    await this.api('olga', 'datasets', { name, schema });
    const lines = items.map((item, at) => JSON.stringify({ id: `i${at + 1}`, ...item }));
    const report = await this.api('olga', `datasets/${name}/import?format=jsonl&name=items.jsonl`, `${lines.join('\n')}\n`);
    if (report.rejected?.length) throw new Error(JSON.stringify(report.rejected));
    return name;
  }

  /// One of the samples of all question types.
  sample(name) {
    const all = JSON.parse(readFileSync(new URL('samples.json', import.meta.url)));
    return all.find((one) => one.name === name);
  }

  get samples() { return JSON.parse(readFileSync(new URL('samples.json', import.meta.url))); }

  /// What the server has of a person's answers to an item.
  async stored(user, dataset, item) {
    return this.api(user, `datasets/${dataset}/mine?item=${encodeURIComponent(item)}`);
  }

  /// Opens the queue and waits until its module listens.
  async work(page, dataset, query = '') {
    await page.goto(`/d/${dataset}/work${query}`);
    await page.waitForSelector('.question[data-active], #stage .empty, #stage .pile');
  }

  /// The accessibility problems of a page that are serious or worse: of all rules as it is, and of those about colours in
  /// the other theme too; with `rules`, of these rules only.
  async axe(page, rules = null) {
    await page.evaluate(readFileSync(join(this.modules, 'axe-core', 'axe.min.js'), 'utf8'));
    if (rules) return this.#violations(page, { type: 'rule', values: rules });
    const found = await this.#violations(page, ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']);
    // Colours that fade from one theme to the other would be judged half-way.
    await page.emulateMedia({ reducedMotion: 'reduce' });
    const dress = (theme) => page.evaluate((chosen) => { const was = document.documentElement.dataset.theme; document.documentElement.dataset.theme = chosen; return was; }, theme);
    const dark = await page.evaluate(() => document.documentElement.dataset.theme === 'dark');
    const before = await dress(dark ? 'light' : 'dark');
    const other = await this.#violations(page, { type: 'rule', values: COLOURS });
    await dress(before);
    await page.emulateMedia({ reducedMotion: null });
    return [...found, ...other.map((problem) => `in the other theme, ${problem}`)];
  }

  async #violations(page, runOnly) {
    const { violations } = await page.evaluate((options) => axe.run(document, options), { runOnly });
    return violations.filter(({ impact }) => /serious|critical/.test(impact)).map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`);
  }

  /// Keeps what a page shows, to be looked at: of a failed journey always, else when `ENGRAFT_SCREENSHOTS` is set.
  async photograph(name, page = this.#open.at(-1)?.page, { whole = false } = {}) {
    if (!name.startsWith('failed') && !process.env.ENGRAFT_SCREENSHOTS) return;
    mkdirSync(this.shots, { recursive: true });
    await page?.screenshot({ path: join(this.shots, `${name}.png`), fullPage: whole }).catch(() => {});
  }

  /// The same in both themes and at both widths; colours do not fade, and the page is left as it was.
  async pictures(name, page, { whole = false } = {}) {
    if (!process.env.ENGRAFT_SCREENSHOTS) return;
    const [size, before] = [page.viewportSize(), await page.evaluate(() => document.documentElement.dataset.theme)];
    const dress = (theme) => page.evaluate((chosen) => { document.documentElement.dataset.theme = chosen; }, theme);
    await page.emulateMedia({ reducedMotion: 'reduce' });
    for (const theme of ['light', 'dark']) {
      await dress(theme);
      for (const width of [1280, 360]) {
        await page.setViewportSize({ width, height: 800 });
        await this.photograph(`${name}-${width}-${theme}`, page, { whole });
      }
    }
    await page.setViewportSize(size);
    await dress(before);
  }

  /// Notes how long something took, in milliseconds, and says it.
  figure(name, readings) {
    const ranked = readings.map((ms) => Math.round(ms * 10) / 10).sort((a, b) => a - b);
    this.figures[name] = { n: ranked.length, best_ms: ranked[0], median_ms: ranked[Math.floor(ranked.length / 2)], worst_ms: ranked.at(-1) };
    console.log(`       ${name}: ${ranked.join(', ')} ms`);
  }

  /// Closes every page; returns what the browser complained about.
  async leave() {
    for (const { context } of this.#open) await context.close();
    this.#open = [];
    return this.#problems.splice(0);
  }
}

/// Presses keys one after the other, as a person would.
export async function press(page, keys) {
  for (const key of keys.split(' ')) await page.keyboard.press(key === 'Space' ? ' ' : key);
}

/// Waits until `probe` is true of the page or of the server.
export async function until(probe, what, ms = 8000) {
  const end = Date.now() + ms;
  for (;;) {
    if (await probe()) return;
    if (Date.now() > end) throw new Error(`waited ${ms} ms for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
}

/// Throws unless both are the same JSON.
export function same(given, expected, what) {
  const sorted = (value) => JSON.stringify(value, (_, one) => (one && typeof one === 'object' && !Array.isArray(one) ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1))) : one));
  if (sorted(given) !== sorted(expected)) throw new Error(`${what}\n  is       ${sorted(given)}\n  expected ${sorted(expected)}`);
}

/// Throws unless it holds.
export function holds(condition, what) {
  if (!condition) throw new Error(what);
}
