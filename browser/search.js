// Search finds theorem numbers and function names, and leads to where they stand.

import { asFile, leave, served } from "./browser.js";
import { suite } from "./suite.js";

const WORDS = ["Theorem 1.5", "refine", "isometry"];

export async function search(browser) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const find = async (address, words) => {
    await page.goto(address, { waitUntil: "load" });
    await page.keyboard.press("/");
    await page.locator("#mdbook-searchbar-outer:not(.searching)").waitFor();
    await page.locator("#mdbook-searchbar").pressSequentially(words);
    const first = page.locator("#mdbook-searchresults li a").first();
    await first.waitFor({ timeout: 5000 });
    const results = await page.locator("#mdbook-searchresults").textContent();
    for (const word of words.split(" ")) {
      if (!results.toLowerCase().includes(word.toLowerCase())) throw new Error(`no result shows "${word}"`);
    }
    await first.click();
    await page.waitForLoadState("load");
    const text = await page.locator("main").textContent();
    if (!text.toLowerCase().includes(words.toLowerCase())) throw new Error(`${page.url()} does not say "${words}"`);
  };
  const counts = await suite(
    "search",
    WORDS.flatMap((words) => [
      [`"${words}" on the server`, () => find(served("index.html"), words)],
      [`"${words}" in the files`, () => find(asFile("index.html"), words)],
    ]),
  );
  await leave(context);
  return counts;
}
