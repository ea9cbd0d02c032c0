// Counts what holds and what does not, one line each.

let passed = 0;
let failed = 0;

/** Notes whether something holds; `seen` is shown when it does not. */
export function check(name, holds, seen) {
  if (holds) {
    passed += 1;
    console.log(`ok      ${name}`);
  } else {
    failed += 1;
    console.log(`FAILED  ${name}\n        saw ${JSON.stringify(seen)?.slice(0, 1200)}`);
  }
}

/** Tells what was measured. It fails nothing: how long something takes depends on what else the machine does. */
export function measured(what) {
  console.log(`seen    ${what}`);
}

/** Runs one part of the test. What it throws is a failure of that part; the next one is tried all the same. */
export async function part(name, run) {
  try {
    await run();
  } catch (error) {
    check(name, false, error.message);
  }
}

/** Prints the sum and returns what the program ends with. */
export function finish() {
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

export const same = (one, another) => JSON.stringify(one) === JSON.stringify(another);
