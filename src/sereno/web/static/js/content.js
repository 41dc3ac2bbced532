// The message editor: keeps what is typed, refreshes what is shown, and moves blocks by keyboard. Works without it, too.
(() => {
  const editor = document.getElementById("editor");

  // --- what a form helps with, on any page of the messages
  document.addEventListener("input", (event) => {
    const box = event.target;
    if (box.dataset.colour) {
      const field = document.getElementById(box.dataset.colour);
      field.value = box.value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    // What Liquid makes of it only the server knows; it says so a moment later.
    if (!box.value?.includes("{")) document.querySelectorAll(`[data-meter="${CSS.escape(box.id || "-")}"]`).forEach((meter) => {
      meter.querySelector("output").value = [...box.value].length;
      meter.classList.toggle("over", [...box.value].length > Number(meter.dataset.most));
    });
  });
  if (!editor) return;

  // --- keeping what is typed
  const waits = new Map();
  let sending = Promise.resolve();

  function later(form) {
    clearTimeout(waits.get(form));
    waits.set(form, setTimeout(() => keep(form), 650));
  }

  function keep(form) {
    clearTimeout(waits.get(form));
    waits.delete(form);
    sending = sending.then(() => send(form)).catch(() => say(form, "lost"));
    return sending;
  }

  async function send(form) {
    const body = new FormData(form);
    body.set("do", "text");
    const answer = await fetch(form.action, { method: "POST", body, headers: { "X-Requested-With": "fetch" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (answer.status === 409) {
      // Somebody else changed it: the page that says so also holds what was typed here.
      form.insertAdjacentHTML("beforeend", '<input type="hidden" name="do" value="text">');
      form.submit();
      return;
    }
    if (!page.getElementById("editor")) { say(form, "lost"); return; }
    refresh(page);
    say(form, answer.ok ? "saved" : "");
  }

  function refresh(page) {
    document.querySelectorAll("[data-live][id]").forEach((old) => {
      const now = page.getElementById(old.id);
      if (!now) return;
      if (old.tagName === "INPUT") { old.value = now.value; return; }
      const open = old.querySelector("details[open]") !== null && now.querySelector("details li") !== null;
      if (old.innerHTML !== now.innerHTML) old.innerHTML = now.innerHTML;
      if (old.className !== now.className) old.className = now.className;
      if (open && old.querySelector("details")) old.querySelector("details").open = true;
    });
    const frame = page.getElementById("frame");
    if (frame) show(frame.getAttribute("src"));
  }

  function say(form, word) {
    const place = form.querySelector(".saved");
    if (place) place.textContent = place.dataset[word] ?? "";
  }

  // The next picture is made ready behind the one that is seen, so that nothing flashes.
  function show(address) {
    const box = document.getElementById("frame-box");
    const old = document.getElementById("frame");
    if (!box || !old || old.getAttribute("src") === address) return;
    box.querySelectorAll(".coming").forEach((one) => one.remove());
    const next = old.cloneNode();
    next.removeAttribute("id");
    next.classList.add("coming");
    next.src = address;
    next.addEventListener("load", () => {
      if (!next.isConnected) return;
      old.remove();
      next.classList.remove("coming");
      next.id = "frame";
    }, { once: true });
    box.append(next);
  }

  editor.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-autosave]");
    if (form) { say(form, "saving"); later(form); }
  });
  editor.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-autosave]");
    if (form) later(form);
    if (event.target.type === "file") event.target.form.requestSubmit();
  });
  // Whoever leaves takes along what was typed last.
  editor.addEventListener("click", async (event) => {
    const way = event.target.closest("a[href], button[form], form:not([data-autosave]) button:not([type=button])");
    if (!way || !waits.size || event.defaultPrevented || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    await Promise.all([...waits.keys()].map(keep));
    way.click();
  });
  addEventListener("beforeunload", () => {
    waits.forEach((_, form) => {
      const body = new FormData(form);
      body.set("do", "text");
      navigator.sendBeacon(form.action, body);
    });
  });

  // --- putting values and marks where the cursor stood last
  let last = null;
  editor.addEventListener("focusin", (event) => { if (event.target.matches("[data-liquid]")) last = event.target; });

  function put(field, before, after = "") {
    field.focus();
    const { selectionStart: from, selectionEnd: to } = field;
    const chosen = field.value.slice(from, to);
    field.setRangeText(before + chosen + after, from, to, "end");
    if (after) field.setSelectionRange(from + before.length, from + before.length + chosen.length);
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  editor.addEventListener("click", (event) => {
    const value = event.target.closest("[data-insert]");
    if (value) {
      const field = last?.isConnected ? last : value.closest(".block-form, #head")?.querySelector("[data-liquid]");
      if (field) put(field, value.dataset.insert);
    }
    const wrap = event.target.closest("[data-wrap]");
    if (wrap) {
      const field = document.getElementById(wrap.dataset.of);
      if (wrap.dataset.wrap === "link") put(field, "[", "](https://)");
      else if (wrap.dataset.wrap === "list") put(field, field.selectionStart ? "\n- " : "- ");
      else put(field, wrap.dataset.wrap, wrap.dataset.wrap);
    }
    const pick = event.target.closest("[data-pick]");
    if (pick) {
      const field = pick.closest(".block-form").querySelector(".shape-picture .input");
      field.value = pick.dataset.pick;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  });

  // --- the keyboard in the list of blocks
  const rows = () => [...editor.querySelectorAll(".block-link")];
  editor.addEventListener("keydown", (event) => {
    const link = event.target.closest(".block-link");
    if (!link) return;
    const press = (start) => link.parentElement.querySelector(`button[value^="${start} "]`)?.click();
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (step && event.altKey) { event.preventDefault(); press(step < 0 ? "up" : "down"); }
    else if (step) { event.preventDefault(); rows()[rows().indexOf(link) + step]?.focus(); }
    else if (event.altKey && event.code === "KeyD") { event.preventDefault(); press("duplicate"); }
    else if (event.key === "Delete") { event.preventDefault(); press("delete"); }
  });
  // --- dragging is the same move as the form's
  let dragged = "";
  editor.addEventListener("dragstart", (event) => {
    const line = event.target.closest("[data-drag]");
    if (!line) return;
    dragged = line.dataset.drag;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged);
    editor.classList.add("dragging");
  });
  editor.addEventListener("dragend", () => { dragged = ""; editor.classList.remove("dragging"); });
  editor.addEventListener("dragover", (event) => {
    const gap = dragged && event.target.closest("[data-after]");
    editor.querySelectorAll(".gap.over").forEach((one) => one.classList.toggle("over", one === gap));
    if (gap) { event.preventDefault(); gap.classList.add("over"); }
  });
  editor.addEventListener("drop", (event) => {
    const gap = dragged && event.target.closest("[data-after]");
    if (!gap) return;
    event.preventDefault();
    const form = document.getElementById("changes").cloneNode(true);
    const put = (name, value) => {
      form.querySelector(`[name=${name}]`)?.remove();
      const field = document.createElement("input");
      Object.assign(field, { type: "hidden", name, value });
      form.append(field);
    };
    put("insert", gap.dataset.after);
    put("do", `place ${dragged}`);
    form.hidden = true;
    document.body.append(form);
    form.submit();
  });

  // The browser goes to the block the address names; from there to what one came for.
  function arrive(place) {
    if (place.matches?.("#insert")) place.querySelector(".kind")?.focus({ preventScroll: true });
    if (!place.matches?.(".block")) return;
    const field = place.querySelector(".block-form [data-liquid]");
    (field && !field.value ? field : place.querySelector(".block-link")).focus({ preventScroll: true });
  }
  editor.addEventListener("focusin", (event) => arrive(event.target));
  if (document.activeElement) arrive(document.activeElement);
})();
