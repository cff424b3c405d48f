// Reloads the page when the book was built anew, and shows what is wrong with a chapter while the last good book stands.
(() => {
  const { version } = document.currentScript.dataset;
  let source;

  function show(problems) {
    let box = document.getElementById("live-problems");
    if (!problems) {
      box?.remove();
      return;
    }
    if (!box) {
      box = document.createElement("pre");
      box.id = "live-problems";
      box.setAttribute("role", "alert");
      box.tabIndex = 0;
      document.body.append(box);
    }
    box.textContent = `The last good book is shown: the present one cannot be built.\n\n${problems}`;
  }

  function listen() {
    source = new EventSource("/~live");
    source.onmessage = ({ data }) => {
      const state = JSON.parse(data);
      if (state.version === version) show(state.problems);
      else location.reload();
    };
  }

  // A browser opens few connections to one host: a tab in the background gives its own back.
  function follow() {
    source?.close();
    if (document.visibilityState === "visible") listen();
  }

  addEventListener("visibilitychange", follow);
  addEventListener("pagehide", () => source?.close());
  follow();
})();
