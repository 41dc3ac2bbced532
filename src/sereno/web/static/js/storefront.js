// Asks Sereno what this checkout offers. Nothing here may ever keep a customer from buying: without an answer in time
// the page stays as it is, and promises are kept, never broken.
(() => {
  const me = document.currentScript;
  const home = new URL(".", me.src).href; // .../storefront/<key>/
  const data = me.dataset;
  const wait = Number(data.timeout) || 800;
  const store = {
    get(name) { try { return JSON.parse(localStorage.getItem(`sereno:${name}`)); } catch { return null; } },
    set(name, value) { try { localStorage.setItem(`sereno:${name}`, JSON.stringify(value)); } catch { /* private window */ } },
  };
  const known = store.get("visitor");
  const id = known || crypto.randomUUID?.() || `${Date.now()}-${Math.random()}`.replace(/[^\w-]/g, "");
  if (!known) store.set("visitor", id);

  function visitor(given) {
    const found = { id, is_returning: !!known, language: navigator.language, page: location.origin + location.pathname, referrer: document.referrer };
    for (const [name, value] of new URLSearchParams(location.search)) {
      if (/^utm_(source|medium|campaign)$/.test(name)) found[name] = value;
    }
    return { ...found, ...given };
  }

  // What holds while Sereno is away: everything the page offers, and the variants this browser had before.
  function fallback(facts, why) {
    const each = (ids) => (ids || []).map((one) => ({ id: one, name: one, is_shown: true, by: [] }));
    const options = facts.options || {};
    return { is_fallback: true, error: why, payment: each(options.payment), delivery: each(options.delivery), variants: store.get("variants") || {} };
  }

  async function decide(facts = {}, settings = {}) {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), settings.timeout || wait);
    try {
      const answer = await fetch(`${home}decide`, {
        method: "POST",
        // Plain text goes to another site without a question before it: one way instead of two.
        headers: { "Content-Type": "text/plain" },
        body: JSON.stringify({ ...facts, visitor: visitor(facts.visitor) }),
        credentials: "omit",
        signal: stop.signal,
      });
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      const found = await answer.json();
      store.set("variants", found.variants);
      return { is_fallback: false, ...found };
    } catch (error) {
      return fallback(facts, String(error && error.message || error));
    } finally {
      clearTimeout(timer);
    }
  }

  // Options carry data-sereno-option="cod", parts of a variant data-sereno-variant="checkout:one-page".
  function apply(answer, root = document) {
    if (!answer.is_fallback) {
      for (const kind of ["payment", "delivery"]) {
        let last = null;
        for (const option of answer[kind] || []) {
          const part = root.querySelector(`[data-sereno-option="${CSS.escape(option.id)}"]`);
          if (!part) continue;
          part.hidden = !option.is_shown;
          for (const input of part.querySelectorAll("input,button,select")) {
            input.disabled = !option.is_shown;
            if (!option.is_shown && input.checked) input.checked = false;
          }
          const label = part.querySelector("[data-sereno-name]");
          if (label) label.textContent = option.name;
          if (last && last.parentNode === part.parentNode) last.after(part);
          last = part;
        }
      }
    }
    for (const part of root.querySelectorAll("[data-sereno-variant]")) {
      const [name, arm] = part.dataset.serenoVariant.split(":");
      const mine = answer.variants[name];
      // Without an arm (nobody asked, Sereno away) the part that is marked as the usual one is shown.
      part.hidden = mine && mine.arm ? mine.arm !== arm : !("serenoUsual" in part.dataset);
    }
    document.dispatchEvent(new CustomEvent("sereno:decided", { detail: answer }));
    return answer;
  }

  const ready = new Promise((go) => (document.readyState === "loading" ? document.addEventListener("DOMContentLoaded", go) : go()));
  async function run(facts, settings) {
    const answer = await decide(facts, settings);
    await ready;
    return apply(answer);
  }
  window.sereno = { ...window.sereno, visitor: id, decide, apply, run };

  // The facts may stand in the page: <script type="application/json" id="sereno-facts">.
  ready.then(() => {
    const facts = document.getElementById("sereno-facts");
    if (!facts) return;
    let read = {};
    try { read = JSON.parse(facts.textContent); } catch (error) { console.warn("sereno: the facts are no JSON", error); }
    run(read);
  });
})();
