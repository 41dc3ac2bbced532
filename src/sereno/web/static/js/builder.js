// The builder beyond links and forms: keys, the palette, drag, saving as one types. All of it sends what the buttons
// of the page send. Changes go one after the other, each on the revision the one before it left.
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const builder = () => $("#builder");
  const start = $("#start-search");
  if (start) searchStarts();
  if (!builder()) return;

  const palette = $("#palette");
  const keys = $("#keys");
  const folded = new Set();
  let line = Promise.resolve();
  let under = 0;
  let keep = "";

  // --- changes, one after the other ---------------------------------------------------------------

  function enqueue(job) {
    under += 1;
    builder().classList.add("busy");
    line = line.then(job).catch((error) => console.error(error)).finally(() => {
      under -= 1;
      if (!under) builder()?.classList.remove("busy");
    });
    return line;
  }

  const swap = { target: "#builder", swap: "outerMorph", select: "#builder" };

  function send(address, values, form = "") {
    keep = form;
    return htmx.ajax("POST", address, { ...swap, values });
  }

  /** One line of what to do; a function gives it when its turn comes, for the tree may look different then. */
  function edit(what, more = {}) {
    return enqueue(() => {
      const line = typeof what === "function" ? what() : what;
      if (!line) return undefined;
      const form = $("#edits");
      return send(form.action, { ...Object.fromEntries(new FormData(form)), do: line, ...more });
    });
  }

  function submit(form, submitter) {
    // By its turn the button may have been drawn anew.
    const { name, value } = submitter ?? {};
    return enqueue(async () => {
      if (!form.isConnected) return;
      const data = new FormData(form);
      if (name) data.append(name, value);
      const own = data.get("form") || "";
      if (form.hasAttribute("data-autosave") && own) data.set("revision", $("#revision").value);
      const values = {};
      for (const key of new Set(data.keys())) {
        const all = data.getAll(key);
        values[key] = all.length > 1 ? all : all[0];
      }
      await post(form.action, data, own);
    });
  }

  // htmx.ajax takes one value a key; a form may have several.
  async function post(address, data, own) {
    keep = own;
    const values = {};
    const rest = new URLSearchParams();
    for (const [key, value] of data) {
      if (key in values) rest.append(key, value); else values[key] = value;
    }
    pending = rest;
    await htmx.ajax("POST", address, { ...swap, values });
  }

  let pending = null;
  document.addEventListener("htmx:config:request", (event) => {
    const { ctx } = event.detail;
    if (!pending || ctx.request.method !== "POST") return;
    for (const [key, value] of pending) ctx.request.body.append(key, value);
    pending = null;
  });

  function open(path, focus = "") {
    return enqueue(async () => {
      keep = "";
      const address = path ? `${builder().dataset.panel}?path=${encodeURIComponent(path)}` : builder().dataset.home;
      await htmx.ajax("GET", address, swap);
      const wanted = focus === "panel" ? firstField() : card(path);
      if (narrow() && path) reveal(card(path));
      wanted?.focus({ preventScroll: focus !== "panel" || narrow() });
      place(path);
    });
  }

  function visit(query) {
    return enqueue(async () => {
      keep = "";
      await htmx.ajax("GET", builder().dataset.home + query, swap);
    });
  }

  function place(path) {
    const address = new URL(builder().dataset.home, location.href);
    if (path) address.searchParams.set("at", path);
    history.replaceState(history.state, "", address);
  }

  // A form of another card must not inherit what was typed into this one.
  document.addEventListener("htmx:before:swap", (event) => {
    const { ctx } = event.detail;
    if (!isOurs(ctx)) return;
    if (!ctx.text.includes('id="builder"')) { event.preventDefault(); trouble(); return; }
    if (!keep) $("#panel")?.replaceChildren();
  });
  document.addEventListener("htmx:error", (event) => { if (isOurs(event.detail.ctx)) trouble(); });

  const isOurs = (ctx) => ctx?.target === "#builder" || ctx?.target?.id === "builder";

  function trouble() {
    $("#said").textContent = builder().dataset.trouble;
    $("#toast").classList.add("shown");
  }

  document.addEventListener("htmx:after:swap", (event) => {
    if (!builder() || !isOurs(event.detail.ctx)) return;
    refold();
    if (under) builder().classList.add("busy");
    const { focus, at, clip } = builder().dataset;
    paste(clip);
    if (focus === "panel") (firstField() || $("#panel")).focus();
    if (focus === "card" && at) {
      card(at)?.focus({ preventScroll: true });
      reveal(card(at));
    }
    if (focus) { builder().dataset.focus = ""; place(at); }
    toast();
  });

  let fading = 0;
  function toast() {
    const shown = $("#toast.shown");
    clearTimeout(fading);
    if (shown) fading = setTimeout(() => $("#toast")?.classList.remove("shown"), 7000);
  }

  // On a narrow screen the panel lies over the lower part of the tree.
  function reveal(element) {
    const isUnder = narrow() && $(".side-panel.open");
    element?.scrollIntoView({ block: isUnder ? "start" : "nearest", behavior: "instant" });
  }

  const firstField = () => $("#panel form:not(.palette-form) :is(input:not([type=hidden]), select, textarea):not(:disabled)");
  const card = (path) => document.getElementById(`card-${path}`);
  const current = () => document.activeElement?.closest?.("[data-path].step, [data-path].dot");
  const chosen = () => current() || $(".step[aria-current]");

  // --- clicks and forms ----------------------------------------------------------------------------

  document.addEventListener("click", (event) => {
    if (event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const at = event.target.closest("#builder a[data-path].step");
    if (at) { event.preventDefault(); if (!dropped) open(at.dataset.path, narrow() ? "panel" : ""); return; }
    const plus = event.target.closest("#builder a.plus");
    if (plus) { event.preventDefault(); ask(plus.dataset.at, plus); return; }
    const verb = event.target.closest("[data-build]")?.dataset.build;
    if (verb === "keys") keys.showModal();
    if (verb === "close") { event.preventDefault(); shut(); }
    if (verb === "at") { event.preventDefault(); open(event.target.closest("[data-path]").dataset.path, "panel"); }
    if (verb === "move") { event.preventDefault(); visit(`?move=${encodeURIComponent(builder().dataset.at)}`); }
    if (verb === "publish") { event.preventDefault(); visit("?publish=1").then(() => firstField()?.focus()); }
  });

  const narrow = () => matchMedia("(max-width: 1000px)").matches;

  function shut() {
    const { at } = builder().dataset;
    open("").then(() => card(at)?.focus());
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.id === "edits") {
      event.preventDefault();
      edit(event.submitter.value);
    } else if (form.matches("[data-autosave], [data-again], [data-publish]")) {
      event.preventDefault();
      submit(form, event.submitter);
    }
  });

  document.addEventListener("change", (event) => {
    const form = event.target.closest?.("form[data-autosave]");
    if (!form || !event.target.name) return;
    // What is still empty is asked for by its field; nothing is lost meanwhile but the page's own peace.
    if (form.checkValidity()) submit(form);
    else builder().classList.add("unsaved");
  });

  // --- what is folded stays folded -----------------------------------------------------------------

  document.addEventListener("toggle", (event) => {
    const fold = event.target.dataset?.fold;
    if (!fold) return;
    if (event.target.open) folded.delete(fold); else folded.add(fold);
  }, true);

  function refold() {
    for (const way of $$("#tree details.way")) way.open = !folded.has(way.dataset.fold);
  }

  // --- the palette ---------------------------------------------------------------------------------

  let asker = null;

  function ask(at, from) {
    asker = from;
    palette.dataset.at = at;
    const search = $("#palette-search");
    search.value = "";
    narrowDown("");
    palette.showModal();
    search.focus();
  }

  function paste(clip) {
    const button = $("#palette-paste");
    button.hidden = !clip;
    button.dataset.off = clip ? "" : "1";
    $(".hint", button).textContent = clip;
  }
  paste(builder().dataset.clip);

  const fold = (text) => text.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "");
  const choices = () => $$(".choice", palette).filter((choice) => !choice.hidden);

  function narrowDown(text) {
    const words = fold(text).split(/\s+/).filter(Boolean);
    for (const choice of $$(".choice", palette)) {
      choice.hidden = choice.dataset.off === "1" || !words.every((word) => fold(choice.dataset.words).includes(word));
    }
    for (const group of $$(".group", palette)) group.hidden = !$(".choice:not([hidden])", group);
    $(".none", palette).hidden = choices().length > 0;
    // What begins with the word is meant before what has it somewhere.
    const first = words.length ? choices().find((one) => fold($(".label", one).textContent).startsWith(words[0])) : null;
    select(first || choices()[0]);
  }

  function select(choice) {
    for (const one of $$(".choice", palette)) one.setAttribute("aria-selected", String(one === choice));
    $("#palette-search").setAttribute("aria-activedescendant", choice?.id ?? "");
    choice?.scrollIntoView({ block: "nearest" });
  }

  function take(choice) {
    if (!choice) return;
    const { at } = palette.dataset;
    asker = null;
    palette.close();
    edit(choice.dataset.kind === "paste" ? `paste ${at}` : `insert ${at} ${choice.dataset.kind}`);
  }

  palette.addEventListener("input", (event) => narrowDown(event.target.value));
  palette.addEventListener("click", (event) => {
    if (event.target === palette) palette.close();
    take(event.target.closest(".choice"));
  });
  palette.addEventListener("close", () => asker?.focus());
  palette.addEventListener("keydown", (event) => {
    const all = choices();
    const now = all.findIndex((one) => one.getAttribute("aria-selected") === "true");
    const to = { ArrowDown: now + 1, ArrowUp: now - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to !== undefined && !(event.target.value && /Home|End/.test(event.key))) {
      event.preventDefault();
      select(all[(to + all.length) % all.length]);
    } else if (event.key === "Enter") {
      event.preventDefault();
      take(all[now]);
    }
  });

  // --- keys ----------------------------------------------------------------------------------------

  let gone = 0;
  const visible = () => $$("#builder a[data-path]").filter((one) => one.offsetParent);

  function step(by) {
    const all = visible();
    const at = all.indexOf(current());
    const next = at < 0 ? chosen() || all[0] : all[Math.max(0, Math.min(all.length - 1, at + by))];
    next?.focus({ preventScroll: true });
    reveal(next);
  }

  function across(one, inwards) {
    const item = one.closest("li");
    const ways = $$(":scope > details.way", item);
    if (inwards) {
      const shut = ways.find((way) => !way.open);
      if (shut) shut.open = true;
      else if (ways.length) step(1);
    } else if (ways.some((way) => way.open)) {
      for (const way of ways) way.open = false;
    } else {
      item.closest("details.way")?.closest("li").querySelector("a[data-path]")?.focus();
    }
  }

  const NUDGES = { ArrowUp: "up", ArrowDown: "down", ArrowLeft: "out", ArrowRight: "into" };
  const VERBS = { d: "duplicate", c: "copy", x: "cut", w: "wrap", Delete: "delete", Backspace: "delete" };

  document.addEventListener("keydown", (event) => {
    if (palette.open || keys.open || !builder()) return;
    const field = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "Escape") {
      if (lifted) return;
      if ($(".side-panel.open")) { event.preventDefault(); if (field) field.blur(); shut(); }
      return;
    }
    if (field) return;
    if ((event.ctrlKey || event.metaKey) && /^[zy]$/i.test(event.key)) {
      event.preventDefault();
      edit(event.shiftKey || event.key.toLowerCase() === "y" ? "redo" : "undo");
      return;
    }
    const one = current();
    const isStep = /^\d/.test(one?.dataset.path ?? "");
    if (event.altKey && !event.ctrlKey && isStep && NUDGES[event.key]) {
      event.preventDefault();
      edit(() => about(NUDGES[event.key]));
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    // "g" and a letter go to a page.
    if (event.key === "g") { gone = Date.now(); return; }
    if (Date.now() - gone < 1200) return;
    if (act(event, one, isStep)) event.preventDefault();
  });

  function act(event, one, isStep) {
    const { key } = event;
    if (key === "ArrowDown" || key === "j") step(1);
    else if (key === "ArrowUp" || key === "k") step(-1);
    else if (one && key === "ArrowRight") across(one, true);
    else if (one && key === "ArrowLeft") across(one, false);
    else if (one && (key === "Home" || key === "End")) visible().at(key === "Home" ? 0 : -1).focus();
    else if (one && key === "Enter") open(one.dataset.path, "panel");
    else if (key === "a" || key === "+") ask(after(), one);
    else if (one && key === "i" && one.dataset.inside) ask(one.dataset.inside, one);
    else if (key === "v") edit(() => `paste ${after()}`);
    else if (isStep && VERBS[key]) edit(() => about(VERBS[key]));
    else if (key === "m") $("[data-build=map]").click();
    else if (key === "p") $("[data-build=publish]").click();
    else if (key === "?") keys.showModal();
    else return false;
    return true;
  }

  // Asked when its turn comes: the card in focus then is the one that was meant.
  function about(verb) {
    const path = current()?.dataset.path;
    return path && /^\d/.test(path) ? `${verb} ${path}` : "";
  }

  function after() {
    const one = current() || $(".step[aria-current]");
    return one?.dataset.next ?? $$("#tree > .place > .plus").at(-1)?.dataset.at ?? "0";
  }

  // --- drag: the same move -------------------------------------------------------------------------

  let lifted = null;
  let dropped = false;

  document.addEventListener("pointerdown", (event) => {
    dropped = false;
    const step = event.target.closest?.("#tree a.step");
    if (!step || event.button || event.pointerType === "touch" || !/^\d/.test(step.dataset.path)) return;
    lifted = { step, x: event.clientX, y: event.clientY, ghost: null, target: null };
  });
  document.addEventListener("dragstart", (event) => { if (event.target.closest?.("#tree")) event.preventDefault(); });
  document.addEventListener("pointermove", (event) => {
    if (!lifted) return;
    if (!lifted.ghost) {
      if (Math.hypot(event.clientX - lifted.x, event.clientY - lifted.y) < 6) return;
      lifted.ghost = lifted.step.cloneNode(true);
      lifted.ghost.removeAttribute("id");
      lifted.ghost.classList.add("ghost-card");
      document.body.append(lifted.ghost);
      lifted.step.classList.add("lifted");
      builder().classList.add("dragging");
    }
    event.preventDefault();
    lifted.ghost.style.left = `${event.clientX + 12}px`;
    lifted.ghost.style.top = `${event.clientY + 8}px`;
    aim(event.clientX, event.clientY);
    if (event.clientY < 70) scrollBy(0, -14);
    if (event.clientY > innerHeight - 70) scrollBy(0, 14);
  });

  function aim(x, y) {
    const path = lifted.step.dataset.path;
    let best = null;
    let least = 120;
    for (const plus of $$("#tree .plus")) {
      if (!plus.offsetParent || `${plus.dataset.at}.`.startsWith(`${path}.`)) continue;
      const box = plus.getBoundingClientRect();
      // Up and down decides; sideways only between branches that meet at one height.
      const far = Math.abs(box.top + box.height / 2 - y) + Math.abs(Math.max(0, box.left - x)) * 0.4 + Math.max(0, x - box.left - 420) * 0.1;
      if (far < least) { least = far; best = plus; }
    }
    if (best === lifted.target) return;
    lifted.target?.classList.remove("target");
    best?.classList.add("target");
    lifted.target = best;
  }

  function drop(isDone) {
    if (!lifted) return;
    const { step, ghost, target } = lifted;
    lifted = null;
    if (!ghost) return;
    dropped = true;
    ghost.remove();
    step.classList.remove("lifted");
    target?.classList.remove("target");
    builder().classList.remove("dragging");
    if (isDone && target) edit(`move ${step.dataset.path} ${target.dataset.at}`);
  }
  document.addEventListener("pointerup", () => drop(true));
  document.addEventListener("pointercancel", () => drop(false));
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") drop(false); });

  toast();

  // --- a new flow: find what starts it ---------------------------------------------------------------

  function searchStarts() {
    const plain = (text) => text.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "");
    start.addEventListener("input", () => {
      const words = plain(start.value).split(/\s+/).filter(Boolean);
      const rest = $("#all-starts");
      if (words.length) rest.open = true;
      for (const group of $$("[data-start-group]")) {
        for (const one of $$(".start", group)) one.hidden = !words.every((word) => one.dataset.words.includes(word));
        group.hidden = !$(".start:not([hidden])", group);
      }
      rest.hidden = !$(".start:not([hidden])", rest);
      $("#no-start").hidden = Boolean($(".start:not([hidden])"));
    });
    start.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      $(".start:not([hidden])")?.click();
    });
  }
})();
