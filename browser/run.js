// Every suite against the built book (BOOK_FOLDER) and its server (BOOK_ADDRESS).

import { book, launch, leave } from "./browser.js";
import { accessibility } from "./accessibility.js";
import { keyboard } from "./keyboard.js";
import { loading } from "./loading.js";
import { narrow } from "./narrow.js";
import { reload } from "./reload.js";
import { search } from "./search.js";
import { themes } from "./themes.js";

if (!book.address) {
  console.error("BOOK_ADDRESS must name the server, such as http://127.0.0.1:3000");
  process.exit(2);
}
// What waits for nothing runs side by side, each in a context of its own; what measures time runs alone.
const stages = [{ loading, narrow, accessibility }, { search, keyboard }, { themes }, { reload }];
const wanted = process.argv.slice(2);
const total = { passed: 0, failed: 0 };
const browser = await launch();
for (const stage of stages) {
  const chosen = Object.entries(stage).filter(([name]) => wanted.length === 0 || wanted.includes(name));
  for (const { passed, failed } of await Promise.all(chosen.map(([, run]) => run(browser)))) {
    total.passed += passed;
    total.failed += failed;
  }
}
await leave(browser);
console.log(`browser: ${total.passed} passed, ${total.failed} failed`);
// Not process.exit, whose handlers wait for the browser: it ends by itself when nobody listens to it any more.
process.reallyExit(total.failed > 0 ? 1 : 0);
