// axe-core finds no violation on any page, in light and in navy, on a desktop and on a phone.

import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { leave, sample, served } from "./browser.js";
import { none, suite } from "./suite.js";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const LOOKS = [
  ["light", { viewport: { width: 1280, height: 900 } }],
  ["navy", { viewport: { width: 1280, height: 900 } }],
  ["light", { viewport: { width: 360, height: 740 } }],
];

export async function accessibility(browser) {
  const counts = await Promise.all(LOOKS.map((look) => inLook(browser, ...look)));
  return counts.reduce((a, b) => ({ passed: a.passed + b.passed, failed: a.failed + b.failed }));
}

async function inLook(browser, theme, options) {
  const context = await browser.newContext({ ...options, reducedMotion: "reduce" });
  await context.addInitScript((name) => localStorage.setItem("mdbook-theme", name), theme);
  const page = await context.newPage();
  const { width } = options.viewport;
  const tests = sample().map((path) => [path, () => violations(page, path)]);
  const counts = await suite(`accessibility in ${theme}, ${width} wide`, tests);
  await leave(context);
  return counts;
}

async function violations(page, path) {
  await page.goto(served(path), { waitUntil: "load" });
  // What is folded is read too.
  await page.evaluate(() => document.querySelectorAll("main details").forEach((fold) => (fold.open = true)));
  await page.evaluate(axe);
  const found = await page.evaluate(async () => (await globalThis.axe.run(document)).violations);
  none(
    found.flatMap(({ id, help, nodes }) => {
      const examples = nodes.slice(0, 3).map(({ html, any }) => `  ${html.slice(0, 160)} ${any[0]?.message ?? ""}`);
      return [`${id} (${nodes.length}): ${help}`, ...examples];
    }),
  );
}
