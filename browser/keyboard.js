// The first stop of the Tab key leads to the text, and what is copied from a page is a whole program.

import { chapters, leave, served } from "./browser.js";
import { none, suite } from "./suite.js";

export async function keyboard(browser) {
  const context = await browser.newContext({ permissions: ["clipboard-read", "clipboard-write"] });
  const page = await context.newPage();
  const open = (path) => page.goto(served(path), { waitUntil: "load" });
  let programs = 0;

  const skipsToTheText = async () => {
    await open("ch1_preliminaries/brownian.html");
    await page.keyboard.press("Tab");
    const link = await page.evaluate(() => ({
      words: document.activeElement.textContent,
      clip: getComputedStyle(document.activeElement).clipPath,
    }));
    if (link.words !== "Skip to the text" || link.clip !== "none") throw new Error(`the first stop: ${JSON.stringify(link)}`);
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    const inside = await page.evaluate(() => document.querySelector("main").contains(document.activeElement));
    if (!inside) throw new Error("the next stop is not in the text");
  };

  const copies = async (path) => {
    await open(path);
    // Programs are the blocks of which some lines are hidden.
    const texts = await page.evaluate(() =>
      [...document.querySelectorAll("main pre")]
        .filter((block) => block.querySelector("code .boring"))
        .map((block) => globalThis.playground_text(block, false)),
    );
    programs += texts.length;
    const whole = (text) => /^fn main\(\)( -> Result<\(\), .+>)? \{\n[^]*\n\}\n$/.test(text) && !/^book::/m.test(text);
    none(texts.filter((text) => !whole(text)));
  };

  const theButton = async () => {
    await open("ch1_preliminaries/brownian.html");
    const block = page.locator("main pre", { has: page.locator("code .boring") }).first();
    await block.hover();
    await block.locator(".clip-button").click();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    if (!copied.startsWith("fn main() -> Result<(), sdml::Error> {\nuse sdml::")) throw new Error(copied);
  };

  const counts = await suite("keyboard", [
    ["the skip link", skipsToTheText],
    ...chapters().map((path) => [`programs of ${path}`, () => copies(path)]),
    ["there are programs", () => { if (programs < 50) throw new Error(`only ${programs} programs were seen`); }],
    ["the button that copies", theButton],
  ]);
  await leave(context);
  return counts;
}
