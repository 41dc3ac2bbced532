// Shows what the shop wants shown for a time: bars, banners, buttons, overlays, badges, settings of the theme. What
// stands in a place of the page already is what customers see while nothing is on, or Sereno is away with no copy kept.
(() => {
  const me = document.currentScript;
  const home = new URL(".", me.src).href; // .../storefront/<key>/
  const data = me.dataset;
  const wait = Number(data.timeout) || 2000;
  const day = 86_400_000;
  const spoken = (data.language || document.documentElement.lang || navigator.language || "en").slice(0, 2).toLowerCase();
  const language = ["en", "es", "pt", "ro"].includes(spoken) ? spoken : "en";
  const close = { en: "Close", es: "Cerrar", pt: "Fechar", ro: "Închide" }[language];
  const held = {
    get(name) { try { return JSON.parse(localStorage.getItem(`sereno:${name}`)); } catch { return null; } },
    set(name, value) { try { localStorage.setItem(`sereno:${name}`, JSON.stringify(value)); } catch { /* private window */ } },
  };
  const copy = `content:${home}${language}`;
  const safe = (address) => {
    try {
      const found = new URL(address, location.href);
      return /^https?:$/.test(found.protocol) ? found.href : null;
    } catch { return null; }
  };

  // --- what stands where: the same rule as on the server -------------------------------------------
  const at = (text) => (text ? Date.parse(text) : null);
  const isDuring = (one, now) => (!one.starts || at(one.starts) <= now) && (!one.ends || now < at(one.ends));
  function isFor(one, piece, who, now) {
    if (!isDuring(one, now)) return false;
    const fits = (shown) => (!shown.until || now < at(shown.until)) && (!shown.product || shown.product === who.product);
    if (one.shown && !one.shown.some(fits)) return false;
    if (piece.kind !== "badge") return true;
    if (piece.products || piece.tag) return (piece.products || []).includes(who.product) || (piece.tag && who.tags.includes(piece.tag));
    return !!who.product;
  }
  const before = (a, b) => a.order[0] - b.order[0] || a.order[1] - b.order[1] || (a.order[2] < b.order[2] ? -1 : 1);
  function standing(campaigns, who, now) {
    const found = new Map();
    for (const one of [...campaigns].sort(before)) {
      for (const piece of one.pieces) if (!found.has(piece.place) && isFor(one, piece, who, now)) found.set(piece.place, { ...piece, campaign: one.name });
    }
    return found;
  }

  // --- how it looks: in a shadow tree, so that neither the shop's styles nor ours leak ---------------
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    :host { --ground: #f3f1ec; --ink: #1d1b18; }
    .accent { --ground: #27446b; --ink: #fff; } .urgent { --ground: #9c2b1f; --ink: #fff; }
    .piece { background: var(--sereno-ground, var(--ground)); color: var(--sereno-ink, var(--ink)); font: inherit; line-height: 1.4; box-sizing: border-box; }
    .bar { display: flex; gap: 1em; align-items: center; justify-content: center; padding: .6em 3em; position: relative; text-align: center; }
    .afloat { position: fixed; inset: auto 0 0 0; z-index: 2147483000; }
    .banner { padding: 1.25em; text-align: center; } .banner img, dialog img { max-width: 100%; height: auto; display: block; margin: 0 auto .75em; }
    .words { margin: 0; } .banner .words { font-size: 1.25em; margin-bottom: .5em; }
    a { color: inherit; font-weight: 600; } .button { display: inline-block; padding: .5em 1em; border: 1px solid currentColor; border-radius: .4em; text-decoration: none; }
    .badge { display: inline-block; padding: .1em .55em; border-radius: 1em; font-size: .85em; }
    button { font: inherit; color: inherit; background: none; border: 0; width: 2.75em; height: 2.75em; cursor: pointer; position: absolute; inset: 0 0 auto auto; }
    .bar button { inset: calc(50% - 1.375em) 0 auto auto; }
    :focus-visible { outline: 2px solid currentColor; outline-offset: 2px; }
    dialog { border: 0; border-radius: .75em; padding: 2.5em 1.5em 1.5em; max-width: min(30em, calc(100vw - 2em)); text-align: center; }
    dialog::backdrop { background: rgb(0 0 0 / .45); }
  `);
  const made = (tag, className, text) => {
    const one = document.createElement(tag);
    if (className) one.className = className;
    if (text) one.textContent = text;
    return one;
  };
  function shaped(piece) {
    const tag = { overlay: "dialog", badge: "span", button: "span" }[piece.kind] || "div";
    const box = made(tag, `piece ${piece.kind} ${piece.tone || ""}`);
    const link = piece.url && safe(piece.url);
    if (piece.kind === "button") box.classList.remove("piece");
    if (piece.image && safe(piece.image)) {
      const picture = made("img");
      picture.src = safe(piece.image);
      picture.alt = piece.alt || "";
      if (link && !piece.text && !piece.button) {
        const around = made("a");
        around.href = link;
        around.append(picture);
        box.append(around);
      } else box.append(picture);
    }
    const alone = link && !piece.button;
    if (piece.text) {
      const words = made(alone ? "a" : piece.kind === "badge" || piece.kind === "button" ? "span" : "p", piece.kind === "button" ? "button" : "words", piece.text);
      if (alone) words.href = link;
      words.id = "words";
      box.append(words);
    }
    if (piece.button && link) {
      const go = made("a", "button", piece.button);
      go.href = link;
      box.append(go);
    }
    return box;
  }
  function closer(box, piece, then) {
    const button = made("button", "", "\u00d7");
    button.type = "button";
    button.setAttribute("aria-label", close);
    button.addEventListener("click", () => { closed(piece); then(); });
    box.append(button);
  }
  const named = (piece) => `closed:${piece.campaign}:${piece.id}`;
  const closed = (piece) => held.set(named(piece), piece.text || "1");
  const isClosed = (piece) => held.get(named(piece)) === (piece.text || "1");

  const roots = new WeakMap();
  function into(place, box, key) {
    let root = roots.get(place);
    if (!root) {
      if (!box) return; // Nothing is shown, nothing was: the page stays untouched.
      root = place.attachShadow({ mode: "open" });
      root.adoptedStyleSheets = [sheet];
      roots.set(place, root);
    }
    if (root.key === key) return;
    root.key = key;
    root.replaceChildren(box || document.createElement("slot"));
  }

  let floating = null;
  let overlay = null;
  let timer = 0;
  const settings = new Map();
  let everybody = null;
  let theirs = [];

  function set(name, value) {
    const root = document.documentElement;
    const [variable, attribute] = [`--sereno-${name}`, `data-sereno-${name}`];
    if (value === undefined && !settings.has(name)) return;
    if (!settings.has(name)) settings.set(name, [root.style.getPropertyValue(variable), root.getAttribute(attribute)]);
    const [was, had] = settings.get(name);
    if (value === undefined) {
      settings.delete(name);
      if (was) root.style.setProperty(variable, was); else root.style.removeProperty(variable);
      if (had === null) root.removeAttribute(attribute); else root.setAttribute(attribute, had);
    } else {
      root.style.setProperty(variable, value);
      root.setAttribute(attribute, value);
    }
  }

  function bar(piece) {
    const place = document.querySelector('[data-sereno-content="bar"]');
    const shown = piece && !isClosed(piece) ? piece : null;
    if (!place && !shown) { floating?.remove(); floating = null; return; }
    if (!place && !floating) document.body.append((floating = made("div")));
    const box = shown && shaped(shown);
    if (box) {
      closer(box, shown, paint);
      box.setAttribute("role", "region");
      box.setAttribute("aria-labelledby", "words");
      if (!place) box.classList.add("afloat"); // Over the page's edge: nothing below it jumps.
    }
    into(place || floating, box, shown && JSON.stringify(shown));
  }

  function dialog(piece) {
    const key = piece && !isClosed(piece) ? JSON.stringify(piece) : "";
    if (overlay && overlay.key !== key) { overlay.host.remove(); overlay = null; }
    if (!key || overlay) return;
    const host = document.body.appendChild(made("div"));
    const box = shaped(piece);
    overlay = { key, host };
    box.setAttribute(piece.text ? "aria-labelledby" : "aria-label", piece.text ? "words" : piece.alt || "");
    closer(box, piece, () => box.close());
    box.addEventListener("close", () => { closed(piece); paint(); });
    into(host, box, key);
    setTimeout(() => { if (box.isConnected && !document.querySelector("dialog[open]")) box.showModal(); }, Number(data.overlayAfter ?? 3) * 1000);
  }

  function paint() {
    const now = Date.now();
    const known = new Set(theirs.map((one) => one.name));
    const campaigns = [...((everybody && everybody.campaigns) || []).filter((one) => !known.has(one.name)), ...theirs];
    const here = { product: data.product || "", tags: (data.tags || "").split(",").map((one) => one.trim()) };
    const found = standing(campaigns, here, now);
    bar(found.get("bar"));
    dialog(found.get("overlay"));
    for (const place of document.querySelectorAll("[data-sereno-content]")) {
      const piece = place.dataset.serenoContent === "bar" ? null : found.get(place.dataset.serenoContent);
      if (place.dataset.serenoContent !== "bar") into(place, piece && shaped(piece), piece ? JSON.stringify(piece) : undefined);
    }
    for (const place of document.querySelectorAll("[data-sereno-badge]")) {
      const who = { product: place.dataset.serenoBadge, tags: (place.dataset.tags || "").split(",").map((one) => one.trim()) };
      const piece = standing(campaigns, who, now).get("badge");
      into(place, piece && shaped(piece), piece ? JSON.stringify(piece) : undefined);
    }
    const wanted = new Map([...found].filter(([place]) => place.startsWith("setting:")).map(([place, piece]) => [place.slice(8), piece.value]));
    for (const name of new Set([...settings.keys(), ...wanted.keys()])) set(name, wanted.get(name));
    const times = campaigns.flatMap((one) => [at(one.starts), at(one.ends), ...(one.shown || []).map((each) => at(each.until))]);
    const next = Math.min(...times.filter((one) => one > now));
    clearTimeout(timer);
    if (next < now + day) timer = setTimeout(paint, next - now + 20);
    document.dispatchEvent(new CustomEvent("sereno:content", { detail: Object.fromEntries(found) }));
  }

  async function ask(address, body) {
    const stop = new AbortController();
    const late = setTimeout(() => stop.abort(), wait);
    try {
      const given = body ? { method: "POST", headers: { "Content-Type": "text/plain" }, body: JSON.stringify(body) } : {};
      const answer = await fetch(`${home}${address}`, { ...given, credentials: "omit", signal: stop.signal });
      return answer.ok ? await answer.json() : null;
    } catch { return null; } finally { clearTimeout(late); }
  }

  async function load() {
    const kept = held.get(copy);
    if (!everybody && kept && Date.now() - kept.at < day) { everybody = kept.said; paint(); }
    const [all, own] = await Promise.all([
      ask(`content/${language}.json`),
      data.customer && data.proof ? ask("content", { customer: data.customer, proof: data.proof, language }) : null,
    ]);
    if (all) held.set(copy, { at: Date.now(), said: (everybody = all) });
    if (own) theirs = own.campaigns;
    if (all || own) paint();
  }

  let asked = Date.now();
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && Date.now() - asked > 60_000) { asked = Date.now(); load(); }
  });
  window.sereno = { ...window.sereno, content: { load, paint } };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", load);
  else load();
})();
