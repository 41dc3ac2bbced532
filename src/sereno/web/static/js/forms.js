// The side panel's forms beyond what HTML does by itself: selects that can be searched, a form redrawn when another
// choice shows other fields, variables put in at the cursor, the sum of weights. Every form works without it.
(() => {
  const fold = (text) => text.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "");

  // --- a form is redrawn by its own hidden button; keeping it is the page's business ------------------
  function redraw(input) {
    const form = input.form;
    const button = form?.querySelector("[data-redraw-button]");
    if (!button) return;
    button.value = `${input.dataset.redraw}:redraw:`;
    form.requestSubmit(button);
  }
  document.addEventListener("change", (event) => {
    const input = event.target;
    if (!(input instanceof Element) || !input.closest(".step-form")) return;
    if (input.matches("[data-shows]")) showNeeded(input);
    if (input.matches("[data-redraw]")) {
      event.stopPropagation();
      redraw(input);
    } else if (input.matches("[data-narrow], [name=f-record]")) {
      event.stopPropagation();
      if (input.name === "f-record") input.closest("[hx-post]").dispatchEvent(new Event("change"));
    }
  }, true);

  function showNeeded(select) {
    const other = document.getElementById(select.dataset.shows);
    const isWanted = select.value === select.dataset.showsFor;
    other.classList.toggle("when-needed", !isWanted);
    if (isWanted && !other.value && select.dataset.last) other.value = select.dataset.last;
    if (isWanted) other.focus();
  }

  // --- weights --------------------------------------------------------------------------------------
  document.addEventListener("input", (event) => {
    const input = event.target;
    if (input.matches?.("[data-weight]")) sum(input.closest(".row-list"));
    if (input.matches?.("[data-narrow]")) narrow(input);
  });
  function sum(list) {
    const inputs = [...list.querySelectorAll("[data-weight]")];
    const weights = inputs.map((one) => (/^\d+$/.test(one.value.trim()) ? Number(one.value) : 0));
    const total = weights.reduce((a, b) => a + b, 0);
    inputs.forEach((one, number) => {
      const share = total ? Math.round((100 * weights[number]) / total) : 0;
      const row = one.closest(".form-row");
      row.querySelector("meter").value = share;
      row.querySelector("output").textContent = `${share} %`;
    });
    const said = list.querySelector("[data-total]");
    said.textContent = said.textContent.replace(/\d+/, total);
  }

  // --- variables at the cursor ----------------------------------------------------------------------
  let last = null;
  document.addEventListener("focusout", (event) => {
    if (event.target.matches?.("input.input, textarea.input")) last = event.target;
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-insert]");
    if (!button) return;
    const field = document.getElementById(button.dataset.into);
    const at = last === field ? [field.selectionStart, field.selectionEnd] : [field.value.length, field.value.length];
    field.setRangeText(button.dataset.insert, at[0], at[1], "end");
    button.closest("details").open = false;
    field.focus();
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
  });
  // The list is fetched when it is opened first; the search has the focus as soon as it is there.
  function enter() {
    const menu = document.querySelector("details.insert[open]");
    const here = document.activeElement;
    if (menu && (here === document.body || here === menu.firstElementChild)) menu.querySelector("[data-narrow]")?.focus();
  }
  document.addEventListener("toggle", (event) => { if (event.target.matches?.("details.insert")) enter(); }, true);
  function narrow(input) {
    const words = fold(input.value).split(/\s+/).filter(Boolean);
    const sheet = input.parentElement;
    let found = 0;
    sheet.querySelectorAll("[data-narrow-group]").forEach((group) => {
      let any = false;
      const head = fold(group.querySelector("h4").textContent);
      group.querySelectorAll(".variable").forEach((one) => {
        const text = `${head} ${fold(one.textContent)}`;
        one.hidden = !words.every((word) => text.includes(word));
        any ||= !one.hidden;
      });
      group.hidden = !any;
      found += any;
    });
    sheet.querySelector("[data-narrow-none]").hidden = found > 0;
  }

  // --- a select that can be searched: the select stays, and stays what is sent ------------------------
  let open = null;
  function dress(select) {
    if (select.closest(".picker") || select.disabled) return;
    const box = document.createElement("span");
    box.className = "picker";
    select.replaceWith(box);
    const button = document.createElement("button");
    button.type = "button";
    button.className = "input";
    button.id = `${select.id}-pick`;
    button.setAttribute("aria-haspopup", "listbox");
    button.setAttribute("aria-expanded", "false");
    for (const name of ["aria-invalid", "aria-describedby"]) if (select.hasAttribute(name)) button.setAttribute(name, select.getAttribute(name));
    const name = select.getAttribute("aria-label") ?? select.labels[0]?.firstChild.textContent ?? "";
    if (select.labels[0]) select.labels[0].htmlFor = button.id;
    const word = document.createElement("span");
    word.className = "clip";
    button.append(word);
    box.append(button, select);
    const say = () => {
      const option = select.selectedOptions[0];
      const group = option?.closest("optgroup")?.label;
      word.textContent = option ? (group && select.matches(".field-pick, [id$='-f']") ? `${group}: ${option.textContent}` : option.textContent) : "";
      button.setAttribute("aria-label", `${name}: ${word.textContent}`);
    };
    say();
    // Still there for the form and for whoever sends the focus to it, but not for eyes and keys.
    select.tabIndex = -1;
    select.setAttribute("aria-hidden", "true");
    select.addEventListener("focus", () => button.focus());
    select.addEventListener("change", say);
    button.addEventListener("click", () => (open?.select === select ? close() : show(select, box, button, name)));
    button.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" || (event.key.length === 1 && /\S/.test(event.key) && !event.ctrlKey && !event.metaKey && !event.altKey)) {
        event.preventDefault();
        event.stopPropagation();
        show(select, box, button, name, event.key.length === 1 ? event.key : "");
      }
    });
  }
  function show(select, box, button, name, typed = "") {
    close();
    const sheet = document.createElement("div");
    sheet.className = "picker-sheet";
    const search = document.createElement("input");
    search.className = "input";
    search.type = "text";
    search.autocomplete = "off";
    search.spellcheck = false;
    search.value = typed;
    search.setAttribute("role", "combobox");
    search.setAttribute("aria-expanded", "true");
    search.setAttribute("aria-controls", `${select.id}-list-box`);
    search.setAttribute("aria-autocomplete", "list");
    search.setAttribute("aria-label", name);
    const list = document.createElement("div");
    list.className = "picker-list";
    list.id = `${select.id}-list-box`;
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", name);
    sheet.append(search, list);
    box.append(sheet);
    button.setAttribute("aria-expanded", "true");
    open = { select, sheet, button, search, list, active: null };
    fill();
    search.focus();
    search.addEventListener("input", (event) => { event.stopPropagation(); fill(); });
    search.addEventListener("change", (event) => event.stopPropagation());
    search.addEventListener("keydown", keys);
    list.addEventListener("mousedown", (event) => event.preventDefault());
    list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) choose(option);
    });
    sheet.scrollIntoView({ block: "nearest" });
  }
  function fill() {
    const { select, list, search } = open;
    const words = fold(search.value).split(/\s+/).filter(Boolean);
    const found = [];
    for (const option of select.options) {
      const group = option.parentElement.label ?? "";
      const text = fold(`${group} ${option.textContent} ${option.dataset.hint ?? ""} ${option.value}`);
      if (!words.every((word) => text.includes(word))) continue;
      // What begins with the word comes before what only has it somewhere.
      // Said in full, it is the one.
      const label = fold(option.textContent).trim();
      const isIt = words.length > 0 && [label, `${fold(group)} ${label}`].includes(words.join(" "));
      found.push({ option, group, isIt, rank: words.length && fold(option.textContent).startsWith(words[0]) ? 0 : 1, at: found.length });
    }
    if (words.length) found.sort((a, b) => b.isIt - a.isIt || a.rank - b.rank || a.at - b.at);
    list.replaceChildren();
    let group = null;
    for (const { option, group: title } of found.slice(0, 120)) {
      if (title !== group && title && !(words.length && found[0].rank === 0)) {
        const head = document.createElement("div");
        head.className = "title";
        head.setAttribute("aria-hidden", "true");
        head.textContent = title;
        list.append(head);
      }
      group = title;
      const row = document.createElement("div");
      row.setAttribute("role", "option");
      row.id = `${list.id}-${list.children.length}`;
      row.dataset.value = option.value;
      row.textContent = option.textContent;
      const more = option.dataset.hint ?? (words.length && found[0].rank === 0 ? title : "");
      if (more) {
        const small = document.createElement("small");
        small.textContent = more;
        row.append(small);
      }
      row.setAttribute("aria-selected", "false");
      list.append(row);
    }
    const rows = [...list.querySelectorAll("[role=option]")];
    if (!rows.length) {
      const none = document.createElement("div");
      none.className = "none";
      none.textContent = "–";
      list.append(none);
    }
    point((!words.length && rows.find((row) => row.dataset.value === select.value)) || rows[0] || null);
  }
  function point(row) {
    open.active?.setAttribute("aria-selected", "false");
    open.active = row;
    if (!row) return open.search.removeAttribute("aria-activedescendant");
    row.setAttribute("aria-selected", "true");
    open.search.setAttribute("aria-activedescendant", row.id);
    row.scrollIntoView({ block: "nearest" });
  }
  function keys(event) {
    event.stopPropagation();
    const rows = [...open.list.querySelectorAll("[role=option]")];
    const at = rows.indexOf(open.active);
    const move = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1, PageDown: at + 8, PageUp: at - 8 }[event.key];
    if (move !== undefined && !(["Home", "End"].includes(event.key) && event.shiftKey)) {
      event.preventDefault();
      if (rows.length) point(rows[Math.max(0, Math.min(rows.length - 1, move))]);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (open.active) choose(open.active);
    } else if (event.key === "Escape") {
      event.preventDefault();
      const button = open.button;
      close();
      button.focus();
    } else if (event.key === "Tab") {
      close();
    }
  }
  function choose(row) {
    const { select, button } = open;
    close();
    button.focus();
    if (select.value === row.dataset.value) return;
    select.value = row.dataset.value;
    select.dispatchEvent(new Event("change", { bubbles: true }));
  }
  function close() {
    if (!open) return;
    open.sheet.remove();
    open.button.setAttribute("aria-expanded", "false");
    open = null;
  }
  document.addEventListener("mousedown", (event) => {
    if (open && !open.sheet.contains(event.target) && !open.button.contains(event.target)) close();
  });

  function dressAll() {
    if (open && !open.sheet.isConnected) open = null;
    document.querySelectorAll("select[data-pick]").forEach(dress);
  }
  // What is drawn anew has the focus where it was; a row that was added has it, and where one was taken out the button
  // that adds one.
  const places = () => [...document.querySelectorAll(".step-form :is(input:not([type=hidden]), select, textarea)")];
  let returning = "";
  let pressed = null;
  document.addEventListener("submit", (event) => {
    const [name, verb] = event.submitter?.name === "f-do" ? event.submitter.value.split(":") : [];
    pressed = verb === "add" || verb === "group" || verb === "out" ? { name, verb, known: new Set(places().map((one) => one.id)) } : null;
  }, true);
  let reopening = null;
  document.addEventListener("htmx:before:swap", () => {
    const { activeElement } = document;
    returning = activeElement?.closest(".step-form") ? activeElement.id : "";
    reopening = open && { id: open.select.id, typed: open.search.value };
  });
  document.addEventListener("htmx:after:swap", () => {
    dressAll();
    const lost = document.activeElement === document.body;
    const select = reopening && !open ? document.getElementById(reopening.id) : null;
    if (select?.closest(".picker")) reopen(select, reopening.typed);
    else if (pressed && moved(pressed, lost)) pressed = null;
    else if (lost && returning) document.getElementById(returning)?.focus({ preventScroll: true });
    returning = "";
    reopening = null;
    enter();
  });
  // Whether the answer to what was pressed is there by now.
  function moved({ name, verb, known }, lost) {
    const now = places();
    const made = now.filter((one) => one.id && !known.has(one.id));
    const fresh = made.find((one) => one.matches("[data-pick]")) || made[0];
    if (verb === "out" ? now.length >= known.size : !fresh) return false;
    const add = [...document.querySelectorAll("button[name=f-do]")].find((one) => one.value.startsWith(`${name}:add:`));
    if (verb !== "out") fresh.focus();
    else if (lost) add?.focus();
    return true;
  }
  function reopen(select, typed) {
    const box = select.closest(".picker");
    const button = box.querySelector("button");
    show(select, box, button, button.getAttribute("aria-label").split(":")[0], typed);
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", dressAll);
  else dressAll();
  new MutationObserver(dressAll).observe(document.documentElement, { childList: true, subtree: true });
})();
