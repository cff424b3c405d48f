// Mends what keeps a keyboard or a screen reader from using mdBook's page.
(() => {
  const byId = (id) => document.getElementById(id);

  // The button of the table of contents is a label with attributes only a button may have: make it one.
  const toggle = byId("mdbook-sidebar-toggle");
  const anchor = byId("mdbook-sidebar-toggle-anchor");
  if (toggle && anchor) {
    toggle.setAttribute("role", "button");
    toggle.tabIndex = 0;
    toggle.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        anchor.click();
      }
    });
  }
})();
