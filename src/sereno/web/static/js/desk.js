// A queue by keyboard: j and k move; the keys of `data-keys` press what their selectors find in the row, or write there.
(() => {
  const list = () => document.querySelector("[data-keys]"); // a search puts another in its place
  let asked = 0; // when "g" was pressed: the next letter is for the navigation

  document.addEventListener("change", (event) => {
    const form = event.target.dataset?.checkAllOf;
    if (form) document.querySelectorAll(`input[name=id][form="${form}"]`).forEach((box) => { box.checked = event.target.checked; });
  });

  const all = () => [...list().querySelectorAll(":scope > li")];
  const here = () => document.activeElement?.closest?.("[data-keys] > li") ?? null;

  function go(step) {
    const rows = all();
    const at = rows.indexOf(here());
    const next = rows[at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + step))];
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
  }

  function use(part) {
    if (part?.matches("input:not([type=checkbox])")) part.focus();
    else part?.click();
  }

  document.addEventListener("keydown", (event) => {
    if (event.metaKey || event.ctrlKey || event.altKey) return;
    if (event.key === "Escape" && event.target.matches?.("[data-keys] input")) { here()?.focus(); return; }
    if (event.target.closest("input, textarea, select")) return;
    if (event.key === "g") { asked = Date.now(); return; }
    if (Date.now() - asked < 1200) { asked = 0; return; }
    if (!list()) return;
    const row = here(), keys = JSON.parse(list().dataset.keys);
    if (event.key === "j") go(1);
    else if (event.key === "k") go(-1);
    else if (!row || !Object.hasOwn(keys, event.key)) return;
    else if (event.key === "Enter" && event.target !== row) return;
    else use(row.querySelector(keys[event.key]));
    event.preventDefault();
  });
})();
