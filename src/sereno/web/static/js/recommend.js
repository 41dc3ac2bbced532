// Fills <div data-sereno-recommend="together" data-items="123,456" data-limit="4"> with what Sereno recommends. What
// stands inside already is what customers see while Sereno is away, or has nothing to say.
(() => {
  const me = document.currentScript;
  const home = new URL(".", me.src).href; // .../storefront/<key>/
  const wait = Number(me.dataset.timeout) || 1500;
  const learns = me.dataset.learn !== "off";
  // For as long as the tab is open, and known to nobody else: no cookie, no person.
  const kept = {
    get(name) { try { return JSON.parse(sessionStorage.getItem(`sereno:${name}`)); } catch { return null; } },
    set(name, value) { try { sessionStorage.setItem(`sereno:${name}`, JSON.stringify(value)); } catch { /* private window */ } },
  };
  const visit = kept.get("visit") || crypto.randomUUID?.() || `${Date.now()}-${Math.random()}`.replace(/[^\w-]/g, "");
  kept.set("visit", visit);
  const list = (text) => (text || "").split(",").map((one) => one.trim()).filter(Boolean);

  async function ask(what) {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), wait);
    try {
      const answer = await fetch(`${home}recommend`, {
        method: "POST",
        headers: { "Content-Type": "text/plain" }, // goes to another site without a question before it
        body: JSON.stringify({ visit, ...what }),
        credentials: "omit",
        signal: stop.signal,
      });
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      return { is_fallback: false, ...(await answer.json()) };
    } catch (error) {
      return { is_fallback: true, items: [], error: String((error && error.message) || error) };
    } finally {
      clearTimeout(timer);
    }
  }

  function tell(what) {
    if (learns) navigator.sendBeacon?.(`${home}seen`, new Blob([JSON.stringify({ visit, ...what })], { type: "text/plain" }));
  }

  function looked(items) {
    const before = kept.get("seen") || [];
    const found = [...before.filter((one) => !items.includes(one)), ...items].slice(-20);
    kept.set("seen", found);
    tell({ items });
    return found;
  }

  const money = (price, currency) => {
    if (price == null) return "";
    try {
      return new Intl.NumberFormat(document.documentElement.lang || undefined, { style: "currency", currency: currency || me.dataset.currency }).format(price);
    } catch {
      return String(price);
    }
  };
  const safe = (address, base) => {
    try {
      const found = new URL(address, base);
      return /^https?:$/.test(found.protocol) ? found.href : null;
    } catch {
      return null;
    }
  };

  // A <template> inside says how one looks: data-part="title price image link"; without one it is a plain list.
  function card(part, one) {
    const shape = part.querySelector("template");
    const made = shape ? shape.content.cloneNode(true).firstElementChild : document.createElement("li");
    const put = (name, tag) => made.querySelector(`[data-part="${name}"]`) || (shape ? null : made.appendChild(document.createElement(tag)));
    const link = made.matches("a") ? made : put("link", "a");
    const address = safe(one.url || part.dataset.url?.replace("{id}", encodeURIComponent(one.id)), location.href);
    if (link && address) link.href = address;
    const title = shape ? put("title") : link;
    if (title) title.textContent = one.title;
    if (!shape) made.append(" "); // or a reader runs the name and the price together
    const price = put("price", "span");
    if (price) price.textContent = money(one.price, one.currency);
    const picture = shape && put("image");
    if (picture && safe(one.image_url, location.href)) {
      picture.src = one.image_url;
      picture.alt = "";
    } else picture?.remove();
    made.dataset.serenoItem = one.id;
    made.addEventListener("click", () => tell({ clicked: part.dataset.place || part.dataset.serenoRecommend }));
    return made;
  }

  async function fill(part) {
    const data = part.dataset;
    const way = data.serenoRecommend;
    const own = list(data.items);
    const answer = await ask({
      way,
      place: data.place || "",
      items: own.length ? own : kept.get("seen") || [],
      without: list(data.without),
      category: data.category || "",
      limit: Number(data.limit) || 4,
      customer: me.dataset.customer || "",
      proof: me.dataset.proof || "",
    });
    if (answer.items.length) {
      const shape = part.querySelector("template");
      const holder = part.querySelector("[data-part=list]") || document.createElement("ul");
      holder.replaceChildren(...answer.items.map((one) => card(part, one)));
      if (!holder.parentNode || holder.parentNode !== part) part.replaceChildren(...(shape ? [shape] : []), holder);
      part.hidden = false;
    }
    document.dispatchEvent(new CustomEvent("sereno:recommended", { detail: { part, ...answer } }));
    return answer;
  }

  const api = { ask, looked, fill, visit };
  window.sereno = { ...window.sereno, recommend: api };
  const start = () => {
    const here = list(me.dataset.product);
    if (here.length) looked(here);
    if (me.dataset.order) tell({ order: me.dataset.order });
    document.querySelectorAll("[data-sereno-recommend]").forEach(fill);
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
