// A suite: named tests, each of which throws or returns.

/** Runs the tests one after the other, tells which fail, closes with a line of counts, and returns the counts. */
export async function suite(name, tests) {
  const counts = { passed: 0, failed: 0 };
  for (const [title, test] of tests) {
    try {
      await test();
      counts.passed += 1;
    } catch (error) {
      counts.failed += 1;
      console.error(`${name}: ${title}\n  ${String(error.message).replaceAll("\n", "\n  ")}`);
    }
  }
  console.log(`${name}: ${counts.passed} passed, ${counts.failed} failed`);
  return counts;
}

/** Fails with the list if it is not empty. */
export function none(faults) {
  if (faults.length > 0) throw new Error([...new Set(faults)].join("\n"));
}

/** Asks again and again until the answer is true; fails after `limit` milliseconds. */
export async function until(what, question, limit = 5000) {
  const start = performance.now();
  for (;;) {
    if (await question()) return performance.now() - start;
    if (performance.now() - start > limit) throw new Error(`${what}: not within ${limit} ms`);
    await new Promise((done) => setTimeout(done, 10));
  }
}
