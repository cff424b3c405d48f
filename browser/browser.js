// The browser, the book, and what a page may not do.

import { chromium } from "playwright-core";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));

/** The root of the repository. */
export const root = dirname(here);

/** Where the book is: as files, and at the address of its server. */
export const book = {
  folder: process.env.BOOK_FOLDER ?? join(root, "target/book"),
  address: process.env.BOOK_ADDRESS,
};

/** Every page of the table of contents, in its order: `ch1_preliminaries/brownian.html`. */
export function pages() {
  const toc = readFileSync(join(book.folder, "toc.html"), "utf8");
  const links = [...toc.matchAll(/<a href="([^"#]+\.html)"/g)].map((match) => match[1]);
  return [...new Set(links)];
}

/** The pages that are text, without the listings of source files. */
export function chapters() {
  return pages().filter((page) => !page.startsWith("source/"));
}

/** The pages that are text, and every tenth listing: all listings are made alike. */
export function sample() {
  const listings = pages().filter((page) => page.startsWith("source/"));
  return [...chapters(), ...listings.filter((_, index) => index % 10 === 0)];
}

/** The address of a page of the built folder. */
export function asFile(page) {
  return pathToFileURL(join(book.folder, page)).href;
}

/** The address of a page on the server. */
export function served(page) {
  return `${book.address}/${page}`;
}

/** Debian's Chromium, or the one named by CHROMIUM. */
export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-dev-shm-usage", "--allow-file-access-from-files=false"],
  });
}

/** Closes a page, a context or the browser, and goes on if that takes long: now and then Chromium does not answer. */
export async function leave(closable) {
  let timer;
  await Promise.race([closable.close(), new Promise((done) => (timer = setTimeout(done, 5000)))]);
  clearTimeout(timer);
}

/** Notes what a page says on its console and whom it asks, and returns the list of what it should not have done. */
export function watch(page) {
  const faults = [];
  const home = (url) => url.startsWith("file:") || url.startsWith("data:") || url.startsWith(`${book.address}/`);
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) faults.push(`${message.type()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => faults.push(`error: ${error.message}`));
  page.on("request", (request) => {
    if (!home(request.url())) faults.push(`asks for ${request.url()}`);
  });
  page.on("requestfailed", (request) => {
    const reason = request.failure()?.errorText;
    // Leaving a page ends what it was still listening to.
    if (reason !== "net::ERR_ABORTED") faults.push(`does not get ${request.url()}: ${reason}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 400) faults.push(`gets ${response.status()} for ${response.url()}`);
  });
  return faults;
}
