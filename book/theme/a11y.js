// Mends what keeps a keyboard or a screen reader from using mdBook's page.
(() => {
  const byId = (id) => document.getElementById(id);

  // What opens the table of contents is a label, which no keyboard reaches: a button takes its place and clicks it.
  function contentsButton() {
    const label = byId("mdbook-sidebar-toggle");
    const state = byId("mdbook-sidebar-toggle-anchor");
    const button = document.createElement("button");
    button.type = "button";
    button.className = label.className;
    button.title = label.title;
    button.setAttribute("aria-label", label.title);
    button.setAttribute("aria-controls", label.getAttribute("aria-controls"));
    button.append(...[...label.childNodes].map((node) => node.cloneNode(true)));
    const tell = () => button.setAttribute("aria-expanded", String(state.checked));
    button.addEventListener("click", () => label.click());
    state.addEventListener("change", tell);
    tell();
    label.hidden = true;
    label.before(button);
  }

  // The bar and the search below it belong to no landmark.
  function landmarks() {
    byId("mdbook-menu-bar").setAttribute("role", "banner");
    byId("mdbook-search-wrapper")?.setAttribute("role", "search");
    byId("mdbook-searchbar")?.setAttribute("aria-label", "Search this book");
  }

  // A box that scrolls must be reachable by keyboard; one that does not should not be in the way.
  function scrollBoxes() {
    for (const box of document.querySelectorAll("main pre > code, main .table-wrapper, main .math-scroll, main .panels")) {
      if (box.scrollWidth > box.clientWidth + 1) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    }
  }

  // The first stop of the Tab key leads past the contents and the bar.
  function skipLink() {
    const text = document.querySelector("main");
    const link = document.createElement("a");
    link.className = "skip-link";
    link.textContent = "Skip to the text";
    link.href = "#mdbook-content";
    text.tabIndex = -1;
    link.addEventListener("click", (event) => {
      event.preventDefault();
      text.focus();
    });
    document.body.prepend(link);
  }

  // The contents were scrolled to this page's entry, and Chromium would start from there.
  function startAtTheTop() {
    if (location.hash || document.activeElement !== document.body) return;
    document.body.tabIndex = -1;
    document.body.focus({ preventScroll: true });
    document.body.removeAttribute("tabindex");
  }

  skipLink();
  contentsButton();
  landmarks();
  scrollBoxes();
  addEventListener("load", scrollBoxes);
  addEventListener("load", startAtTheTop);
  addEventListener("resize", scrollBoxes);
  document.addEventListener("toggle", scrollBoxes, true);
})();
