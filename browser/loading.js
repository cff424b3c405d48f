// Every page loads from the server, and all but nine of ten listings from their files, without a word on the console and without asking another host.

import { asFile, leave, pages, sample, served, watch } from "./browser.js";
import { none, suite } from "./suite.js";

export async function loading(browser) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const faults = watch(page);
  const load = async (address) => {
    faults.length = 0;
    await page.goto(address, { waitUntil: "load" });
    const heading = await page.locator("main h1").first().textContent();
    if (!heading?.trim()) faults.push("has no heading");
    none(faults);
  };
  const tests = [
    ...pages().map((path) => [`${path} from the server`, () => load(served(path))]),
    ...sample().map((path) => [`${path} from its file`, () => load(asFile(path))]),
  ];
  tests.push(["a page that is not there", () => lost(page, served("ch1_preliminaries/lost.html"))]);
  const counts = await suite("loading", tests);
  await leave(context);
  return counts;
}

async function lost(page, address) {
  const response = await page.goto(address);
  if (response.status() !== 404) throw new Error(`answers ${response.status()}`);
  const heading = await page.locator("main h1").first().textContent();
  if (!heading.includes("no such page")) throw new Error(`says ${heading}`);
  const background = await page.evaluate(() => getComputedStyle(document.querySelector("#mdbook-sidebar")).position);
  if (background !== "fixed") throw new Error("comes without its style");
}
