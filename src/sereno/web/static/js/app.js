// The little the pages need beyond htmx. Every page works without it.
(() => {
  const root = document.documentElement;

  function switchTheme() {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    try { localStorage.setItem("sereno-theme", root.dataset.theme); } catch { /* not kept, still switched */ }
  }

  async function copy(button) {
    const held = document.getElementById(button.dataset.copy);
    const text = held?.value ?? held?.textContent ?? "";
    try {
      await navigator.clipboard.writeText(text.trim());
    } catch {
      if (held.select) { held.select(); return; }
      const range = document.createRange();
      range.selectNodeContents(document.getElementById(button.dataset.copy));
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      return;
    }
    const word = button.querySelector(".word");
    const before = word.textContent;
    word.textContent = button.dataset.done;
    setTimeout(() => { word.textContent = before; }, 1600);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-do]");
    if (!button) {
      document.querySelectorAll("details.menu[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
      return;
    }
    if (button.dataset.do === "theme") switchTheme();
    if (button.dataset.do === "copy") copy(button);
    if (button.dataset.do === "dismiss") button.closest(".notice")?.remove();
  });

  document.addEventListener("focusin", (event) => { if (event.target.matches?.("[data-select]")) event.target.select(); });

  document.addEventListener("change", (event) => {
    const box = event.target;
    if (box.matches?.("[data-submit]")) box.form.requestSubmit();
    if (box.matches?.("[data-check-all]")) {
      box.closest("form").querySelectorAll("input[name=id]").forEach((one) => { one.checked = box.checked; });
    }
  });

  // Which groups of the navigation are folded is remembered, so that the next page comes as this one was left.
  const groups = [...document.querySelectorAll("nav .group")];
  groups.forEach((own) => own.querySelector("summary").addEventListener("click", () => {
    // The one that is pressed is still as it was.
    const folded = groups.filter((group) => (group === own) === group.open).map((group) => group.dataset.group);
    document.cookie = `sereno-folded=${folded.join(".")}; path=/; max-age=31536000; samesite=lax`;
  }));

  // "/" goes to the search, "g" and a letter to a page, Escape closes a menu.
  let waiting = 0;
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") document.querySelectorAll("details.menu[open]").forEach((menu) => {
      menu.open = false;
      menu.querySelector("summary").focus();
    });
    if (event.metaKey || event.ctrlKey || event.altKey || event.target.closest("input, textarea, select")) return;
    if (event.key === "/") {
      const search = document.querySelector("input[type=search]");
      if (search) { event.preventDefault(); search.focus(); search.select(); }
    } else if (event.key === "g") {
      waiting = Date.now();
    } else if (Date.now() - waiting < 1200) {
      waiting = 0;
      document.querySelector(`nav a[data-key="${CSS.escape(event.key)}"]`)?.click();
    }
  });
})();
