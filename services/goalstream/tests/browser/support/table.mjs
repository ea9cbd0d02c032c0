// What the table of all tasks costs the page, by the time of its main thread: by the clock, it is also measured what else the machine does.

/** Scrolling is looked at in bursts of so many frames, since each look costs something as well. */
const [BURSTS, BURST_FRAMES] = [30, 5];
const [ROW_PX, JUMP_PX] = [140, 20_000];
/** Words, ids, tags and names, some that many tasks have and some that none has; at last without any. */
const ASKED = ['bridge', 'roof of order 17', '#area-3 valve', 'ben', 'nothing has this', 'order 9', ''];

/** Until as many rows as there are stand in the table, and all of them were read. */
export const untilAllRead = (page, count) =>
  page.waitForFunction((text) => document.querySelector('.tally')?.firstChild?.textContent === text, count.toLocaleString('en'));

/** Measures the page; ends with it. */
export async function meterOf(page) {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const read = async (wanted) => (await session.send('Performance.getMetrics')).metrics.find(({ name }) => name === wanted).value;
  return {
    /** What `run` takes of the main thread. */
    async work_ms(run) {
      const before = await read('TaskDuration');
      await run();
      return ((await read('TaskDuration')) - before) * 1000;
    },
    /** What scripts hold when nothing is left to clear away. */
    async heap_mb() {
      await session.send('HeapProfiler.collectGarbage');
      return (await read('JSHeapUsedSize')) / 1e6;
    },
  };
}

/** The main thread's work for a frame of scrolling, one value a burst, each in another place. */
export async function scrolled(page, meter) {
  const frames_ms = [];
  for (let burst = 0; burst < BURSTS; burst += 1) {
    await scroll(page, JUMP_PX, 2);
    frames_ms.push((await meter.work_ms(() => scroll(page, ROW_PX, BURST_FRAMES))) / BURST_FRAMES);
  }
  return frames_ms;
}

const scroll = (page, by_px, frames) =>
  page.evaluate(async ([by_px, frames]) => {
    for (let frame = 0; frame < frames; frame += 1) {
      document.querySelector('.table').scrollTop += by_px;
      await new Promise(requestAnimationFrame);
    }
  }, [by_px, frames]);

/** How long filters take from the key until what they found is drawn, and how much of the main thread. */
export async function filtered(page, meter) {
  const [waits_ms, works_ms] = [[], []];
  for (const text of ASKED) works_ms.push(await meter.work_ms(async () => waits_ms.push(await filter(page, text))));
  return { waits_ms, works_ms };
}

const filter = (page, text) =>
  page.evaluate(async (text) => {
    const input = document.querySelector('.toolbar input.filter');
    input.value = text;
    const asked_ms = performance.now();
    input.dispatchEvent(new Event('input', { bubbles: true }));
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    return performance.now() - asked_ms;
  }, text);

/** The smallest value that so many percent do not exceed. */
export function percentile(values, percent) {
  return values.toSorted((one, another) => one - another)[Math.ceil((values.length * percent) / 100) - 1];
}
