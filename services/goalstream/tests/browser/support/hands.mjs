// What people do with the page, and what it tells them.

import { PAGE_MS_MAX } from './browser.mjs';

const LOOK_EVERY_MS = 50;

/** Opens a task in its goal. */
export async function openTask(page, url, goal, id) {
  await page.goto(`${url}/#/goal/${goal}/${id}`);
  await page.waitForSelector(`.task.open[data-id="${id}"]`);
}

/** Fills in the open form, field by field, and sends it. */
export async function answer(page, answers = {}) {
  await page.waitForSelector('dialog.form[open]');
  for (const [name, value] of Object.entries(answers)) {
    const field = page.locator(`.form [name="${name}"]`);
    if (await field.evaluate((one) => one.matches('select'))) await field.selectOption(value);
    else await field.fill(value);
  }
  await page.locator('.form .primary').click();
}

/** The message that says this. */
export async function told(page, text) {
  return (await page.waitForSelector(`.toast:has-text("${text}")`)).innerText();
}

/** Why the form was refused. */
export async function refused(page) {
  return (await page.waitForSelector('.wrong')).innerText();
}

/** Esc, until the form is gone. */
export async function leave(page) {
  await page.keyboard.press('Escape');
  await page.waitForSelector('dialog.form', { state: 'detached' });
}

/** At once: a message that has been read leaves by itself meanwhile. */
export const dismissAll = (page) => page.locator('.toast [aria-label="Dismiss"]').evaluateAll((all) => all.forEach((one) => one.click()));

/** The page shows what is wanted before the server has it, so that is looked at until it is so. What was seen last. */
export async function seenThat(look, holds) {
  for (const end_ms = Date.now() + PAGE_MS_MAX; ; await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))) {
    const seen = await look();
    if (holds(seen) || Date.now() > end_ms) return seen;
  }
}

/** The task or goal that the focus is on. */
export const focusOf = (page) => page.evaluate(() => document.activeElement?.closest('[data-id]')?.dataset.id);
