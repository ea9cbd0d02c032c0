// The browser, and what is read from the page in it.

import { readFile } from 'node:fs/promises';
import { chromium } from 'playwright-core';

/** How long anything may take that the page does by itself. */
export const PAGE_MS_MAX = 60_000;

const QUIET = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** With what else it is to be told. */
export function launch(...more) {
  const executablePath = process.env.GOALSTREAM_CHROMIUM ?? '/usr/bin/chromium';
  // Chromium's sandbox refuses to run as root.
  const root = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath, args: ['--headless=new', ...QUIET, ...root, ...more] });
}

/** Opens a page and waits until it is live. Its requests are noted in `page.requests`, its errors in `page.problems`. */
export async function openPage(browser, url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(PAGE_MS_MAX);
  page.requests = [];
  page.problems = [];
  page.on('request', (request) => page.requests.push(request.url()));
  page.on('pageerror', (error) => page.problems.push(error.message));
  page.on('console', (message) => /Content.Security/i.test(message.text()) && page.problems.push(message.text()));
  await page.goto(url);
  await untilLive(page);
  return page;
}

export const untilLive = (page) => page.waitForSelector('.connection[data-connection="live"]');
export const untilNotLive = (page) => page.waitForSelector('.connection:not([data-connection="live"])');

/** Waits until the page has told of the event at this position. */
export const untilTold = (page, position) =>
  page.waitForFunction((wanted) => Number(document.querySelector('.position')?.textContent.match(/#(\d+)/)?.[1]) >= wanted, position);

/** So long without a request means that a page has all it wants, and so often that is waited for. */
const [QUIET_MS, QUIET_TRIES_MAX] = [500, 40];

/** Until a page asks for nothing more. Its stream stays open, so what the browser calls an idle network never comes. */
export async function untilQuiet(page) {
  for (let [seen, tries] = [-1, 0]; seen !== page.requests.length && tries < QUIET_TRIES_MAX; tries += 1) {
    seen = page.requests.length;
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
  }
}

/** What is written in the first that `entries` finds. An entry that has just come is drawn with the next frame, and has no `innerText` before. */
export const wordsOf = async (entries) => (await entries.first().textContent()).replace(/\s+/g, ' ').trim();

/** The positions in the activity, newest first. */
export async function positionsOf(page) {
  await page.waitForSelector('.entries[aria-busy="false"]');
  return page.locator('.entry .when').evaluateAll((all) => all.map((one) => Number(one.lastElementChild.textContent.slice(1))));
}

/** Whether these are whole: each once, none missing in between. */
export const isUnbroken = (positions) => positions.length > 0 && positions.every((position, at) => at === 0 || position === positions[at - 1] - 1);

/** The tasks in the tree as `id status title`. */
export const tasksOf = (page) =>
  page.locator('.task').evaluateAll((all) => all.map((one) => `${one.dataset.id} ${one.dataset.state} ${one.querySelector('.task-title').textContent}`));

/** The goals in the list as `id status count title`. */
export const goalsOf = (page) =>
  page.locator('.goal').evaluateAll((all) =>
    all.map((one) => {
      const [status, count, title] = ['.status', '.goal-count', '.goal-title'].map((name) => one.querySelector(name));
      return `${one.dataset.id} ${status.dataset.status} ${count.textContent} ${title.textContent}`;
    }),
  );

/** Resolves in the page with the moment, in ms since 1970, at which `selector` first matches with `text` in it. */
export function moment(page, selector, text = '') {
  const watch = ([selector, text]) =>
    new Promise((resolve) => {
      const look = () => {
        if (![...document.querySelectorAll(selector)].some((one) => one.textContent.includes(text))) return;
        observer.disconnect();
        // Shown is what has been painted: the second frame begins after the first was.
        requestAnimationFrame(() => requestAnimationFrame(() => resolve(Date.now())));
      };
      const observer = new MutationObserver(look);
      observer.observe(document.body, { childList: true, subtree: true, attributes: true, characterData: true });
      look();
    });
  const bound = new Promise((_, reject) => setTimeout(() => reject(new Error(`${selector} "${text}" never appeared`)), PAGE_MS_MAX).unref());
  return Promise.race([page.evaluate(watch, [selector, text]), bound]);
}

let axe;
/** What axe objects to: `rule: element`, one line each. */
export async function violationsOf(page) {
  axe ??= await readFile(new URL('../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
  await page.evaluate(axe);
  // Rows that have just changed are still fading, which would be measured as poor contrast.
  await page.evaluate(() => Promise.all(document.getAnimations().filter(({ effect }) => effect.getTiming().iterations !== Infinity).map(({ finished }) => finished.catch(() => {}))));
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}
