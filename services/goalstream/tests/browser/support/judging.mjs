// Whether a place of the page can be used by everybody: by day and by night, on a desk and on a telephone.

import { openPage, violationsOf } from './browser.mjs';
import { check } from './checks.mjs';

const [DESK, PHONE] = [{ width: 1440, height: 900 }, { width: 360, height: 740 }];
const look = (colorScheme, viewport) => ({ colorScheme, viewport, reducedMotion: 'reduce' });

/** A place that changes its colours or its width only as the whole page does is seen both ways; one with something of its own, all four. */
export const BOTH = [look('light', DESK), look('dark', PHONE)];
export const ALL = [...BOTH, look('dark', DESK), look('light', PHONE)];

/** `ready` waits for what is judged, a selector or a function of the page. */
export async function judge(browser, name, url, ready, looks = BOTH) {
  for (const options of looks) {
    const page = await openPage(browser, url, options);
    await (typeof ready === 'string' ? page.waitForSelector(ready) : ready(page));
    const [how, violations] = [`${name}, ${options.colorScheme}, ${options.viewport.width} px`, await violationsOf(page)];
    check(`axe has no objection to ${how}`, violations.length === 0, violations);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    check(`nothing is wider than the screen in ${how}`, wide <= options.viewport.width, wide);
    check(`nothing went wrong in ${how}`, page.problems.length === 0, page.problems);
    await page.context().close();
  }
}
