// Every suite against the built book (BOOK_FOLDER) and its server (BOOK_ADDRESS).

import { book, launch } from "./browser.js";
import { accessibility } from "./accessibility.js";
import { loading } from "./loading.js";
import { narrow } from "./narrow.js";
import { reload } from "./reload.js";
import { search } from "./search.js";
import { themes } from "./themes.js";

if (!book.address) {
  console.error("BOOK_ADDRESS must name the server, such as http://127.0.0.1:3000");
  process.exit(2);
}
const suites = { loading, narrow, search, themes, accessibility, reload };
const wanted = process.argv.slice(2);
const total = { passed: 0, failed: 0 };
const browser = await launch();
for (const [name, run] of Object.entries(suites)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const { passed, failed } = await run(browser);
  total.passed += passed;
  total.failed += failed;
}
await browser.close();
console.log(`browser: ${total.passed} passed, ${total.failed} failed`);
process.exit(total.failed > 0 ? 1 : 0);
