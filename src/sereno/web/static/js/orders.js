// The release queue by keyboard: j and k move, l releases, x ticks, Enter opens.
(() => {
  const list = document.querySelector("[data-held]");
  let asked = 0; // when "g" was pressed: the next letter is for the navigation

  document.addEventListener("change", (event) => {
    if (!event.target.matches?.("[data-tick-all]")) return;
    document.querySelectorAll("input[name=id][form=many]").forEach((box) => { box.checked = event.target.checked; });
  });
  if (!list) return;

  const all = () => [...list.querySelectorAll(":scope > li")];
  const here = () => document.activeElement?.closest?.("[data-held] > li") ?? null;

  function go(step) {
    const rows = all();
    const at = rows.indexOf(here());
    const next = rows[at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + step))];
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
  }

  document.addEventListener("keydown", (event) => {
    if (event.metaKey || event.ctrlKey || event.altKey || event.target.closest("input, textarea, select")) return;
    if (event.key === "g") { asked = Date.now(); return; }
    if (Date.now() - asked < 1200) { asked = 0; return; }
    const row = here();
    if (event.key === "j") go(1);
    else if (event.key === "k") go(-1);
    else if (!row) return;
    else if (event.key === "l") row.querySelector("form button")?.click();
    else if (event.key === "x") row.querySelector("input[name=id][form=many]")?.click();
    else if (event.key === "Enter" && event.target === row) row.querySelector("[data-open]")?.click();
    else return;
    event.preventDefault();
  });
})();
