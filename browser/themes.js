// A change of theme recolors every figure.

import { chapters, leave, served } from "./browser.js";
import { suite } from "./suite.js";

export async function themes(browser) {
  const context = await browser.newContext({ colorScheme: "light" });
  const page = await context.newPage();
  let figures = 0;
  const recolors = async (path) => {
    await page.goto(served(path), { waitUntil: "load" });
    await choose(page, "light");
    const light = await page.evaluate(colours);
    await choose(page, "navy");
    const navy = await page.evaluate(colours);
    figures += light.length;
    for (const [at, { id, colour }] of light.entries()) {
      if (navy[at].colour === colour) throw new Error(`${id} stays ${colour}`);
    }
  };
  const tests = chapters().map((path) => [path, () => recolors(path)]);
  tests.push(["there are figures", () => { if (figures === 0) throw new Error("no figure was seen"); }]);
  tests.push(["a dark system gets navy", () => dark(browser)]);
  tests.push(["paper is light", () => printed(page)]);
  const counts = await suite("themes", tests);
  await leave(context);
  return counts;
}

async function choose(page, theme) {
  await page.locator("#mdbook-theme-toggle").click();
  await page.locator(`#mdbook-theme-${theme}`).click();
  await page.keyboard.press("Escape");
}

async function dark(browser) {
  const context = await browser.newContext({ colorScheme: "dark" });
  const page = await context.newPage();
  await page.goto(served("index.html"));
  const theme = await page.evaluate(() => document.documentElement.className);
  await leave(context);
  if (!theme.includes("navy")) throw new Error(theme);
}

async function printed(page) {
  await page.goto(served("index.html"), { waitUntil: "load" });
  await choose(page, "navy");
  const look = (event) => page.evaluate((name) => {
    dispatchEvent(new Event(name));
    const sheet = document.getElementById("mdbook-tomorrow-night-css");
    return [document.documentElement.classList.contains("navy"), getComputedStyle(document.body).color, sheet.disabled];
  }, event);
  const screen = await look("afterprint");
  const paper = await look("beforeprint");
  const after = await look("afterprint");
  if (screen.join() !== after.join() || screen.some((value, at) => value === paper[at])) {
    throw new Error(`screen ${screen}, paper ${paper}, screen again ${after}`);
  }
}

/** The colours of everything drawn in each figure. Runs in the page. */
function colours() {
  return [...document.querySelectorAll("figure.figure")].map((figure) => {
    const drawn = [...figure.querySelectorAll("svg :is(path, line, circle, rect, polyline, polygon, g)")];
    const styles = drawn.map((element) => getComputedStyle(element));
    return { id: figure.id, colour: styles.map(({ stroke, fill, color }) => `${stroke} ${fill} ${color}`).join() };
  });
}
