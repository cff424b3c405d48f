// The page for printing opens the dialog by itself when it is loaded. `cargo run -- pdf` prints it already, and of two prints at
// once Chromium drops one.
if (location.search === "?unattended") window.print = () => {};

// Paper is light, whatever the theme of the screen.
(() => {
  const classes = document.documentElement.classList;
  const sheets = ["highlight", "tomorrow-night", "ayu-highlight"].map((name) => document.getElementById(`mdbook-${name}-css`));
  let restore = () => {};

  addEventListener("beforeprint", () => {
    const dark = ["coal", "navy", "ayu"].find((theme) => classes.contains(theme));
    if (!dark) return;
    const before = sheets.map((sheet) => sheet.disabled);
    const show = (from, to, disabled) => {
      classes.replace(from, to);
      for (const [at, sheet] of sheets.entries()) sheet.disabled = disabled[at];
    };
    show(dark, "light", [false, true, true]);
    restore = () => {
      show("light", dark, before);
      restore = () => {};
    };
  });
  addEventListener("afterprint", () => restore());
})();
