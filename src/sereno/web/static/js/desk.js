// The inbox of questions by keyboard: j and k move, a approves, r refuses, n writes a note, x ticks.
(() => {
  const list = document.querySelector("[data-questions]");
  let asked = 0; // when "g" was pressed: the next letter is for the navigation

  document.addEventListener("change", (event) => {
    const form = event.target.dataset?.checkAllOf;
    if (form) document.querySelectorAll(`input[name=id][form="${form}"]`).forEach((box) => { box.checked = event.target.checked; });
  });
  if (!list) return;

  const all = () => [...list.querySelectorAll(":scope > li")];
  const here = () => document.activeElement?.closest?.("[data-questions] > li") ?? null;

  function go(step) {
    const rows = all();
    const at = rows.indexOf(here());
    const next = rows[at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + step))];
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
  }

  function answer(row, value) {
    const button = row.querySelector(`button[name=answer][value=${value}]`);
    if (button) button.click();
  }

  document.addEventListener("keydown", (event) => {
    if (event.metaKey || event.ctrlKey || event.altKey) return;
    if (event.key === "Escape" && event.target.matches?.("[data-questions] input")) { here()?.focus(); return; }
    if (event.target.closest("input, textarea, select")) return;
    if (event.key === "g") { asked = Date.now(); return; }
    if (Date.now() - asked < 1200) { asked = 0; return; }
    const row = here();
    if (event.key === "j") go(1);
    else if (event.key === "k") go(-1);
    else if (!row) return;
    else if (event.key === "a") answer(row, "yes");
    else if (event.key === "r") answer(row, "no");
    else if (event.key === "n") row.querySelector("input[name=note]")?.focus();
    else if (event.key === "x") row.querySelector("input[name=id]")?.click();
    else return;
    event.preventDefault();
  });
})();
