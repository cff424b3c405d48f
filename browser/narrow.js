// No chapter scrolls sideways on a phone, nor a tenth of the listings, which are all made alike, and nothing is cut: what is wide scrolls inside its box.

import { leave, sample, served } from "./browser.js";
import { none, suite } from "./suite.js";

export async function narrow(browser) {
  const context = await browser.newContext({ viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });
  const page = await context.newPage();
  const counts = await suite(
    "narrow",
    sample().map((path) => [
      path,
      async () => {
        await page.goto(served(path), { waitUntil: "load" });
        none(await page.evaluate(wide));
      },
    ]),
  );
  await leave(context);
  return counts;
}

/** What is wider than the window, outside boxes that scroll. Runs in the page. */
function wide() {
  const width = document.documentElement.clientWidth;
  const faults = [];
  if (width > 360) faults.push(`the page is laid out ${width} wide`);
  for (const box of [document.documentElement, document.body, document.querySelector("#mdbook-content")]) {
    if (box.scrollWidth > box.clientWidth) faults.push(`<${box.localName}> scrolls sideways by ${box.scrollWidth - box.clientWidth}`);
  }
  const scrolls = (element) => {
    for (let up = element.parentElement; up && up !== document.body; up = up.parentElement) {
      if (up.localName === "svg" || up.localName === "main") return up.localName === "svg";
      if (["auto", "scroll"].includes(getComputedStyle(up).overflowX)) return true;
    }
    return false;
  };
  for (const element of document.querySelectorAll("main *")) {
    const { right, width: own, height } = element.getBoundingClientRect();
    const hidden = element.closest(".visually-hidden, [hidden], details:not([open]) > :not(summary)");
    if (own > 1 && height > 1 && right > width + 0.5 && !hidden && !scrolls(element)) {
      faults.push(`<${element.localName} class="${element.className?.baseVal ?? element.className}"> ends at ${right.toFixed(0)}: ${element.textContent.trim().slice(0, 40)}`);
    }
  }
  return faults.slice(0, 5);
}
