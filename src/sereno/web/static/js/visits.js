// Tells Sereno that a customer who is signed in looks at this page. Of nobody else is anything told or kept, and nothing
// is put into the browser by which it could be known again.
(() => {
  const me = document.currentScript;
  const home = new URL(".", me.src).href; // .../storefront/<key>/
  const data = me.dataset;
  if (!data.customer || !data.proof || data.learn === "off") return;
  // What could not be told goes out with the tab's next page, by its own name: it counts once.
  const kept = {
    get() { try { return (JSON.parse(sessionStorage.getItem("sereno:views")) || []).filter((one) => one.customer === data.customer); } catch { return []; } },
    set(value) { try { sessionStorage.setItem("sereno:views", JSON.stringify(value.slice(-20))); } catch { /* private window */ } },
  };

  async function tell(what) {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), Number(data.timeout) || 4000);
    try {
      const answer = await fetch(`${home}visit`, {
        method: "POST",
        headers: { "Content-Type": "text/plain" }, // goes to another site without a question before it
        body: JSON.stringify({ ...what, proof: data.proof }),
        credentials: "omit",
        keepalive: true, // also when the page is left meanwhile
        signal: stop.signal,
      });
      if (!answer.ok) return answer.status >= 500 || answer.status === 429 ? null : { status: "refused" };
      return await answer.json();
    } catch {
      return null;
    } finally {
      clearTimeout(timer);
    }
  }

  function page() {
    const found = {
      customer: data.customer,
      view: crypto.randomUUID?.() || `${Date.now()}-${Math.random()}`.replace(/[^\w-]/g, ""),
      product: data.product || "",
      language: navigator.language,
      referrer: document.referrer,
      touch: navigator.maxTouchPoints > 1, // by which an iPad is told from a Mac
    };
    for (const [name, value] of new URLSearchParams(location.search)) {
      if (/^utm_(source|medium|campaign)$/.test(name)) found[name] = value.slice(0, 100);
    }
    return found;
  }

  async function looked() {
    // Kept before it is told: a page that is left while it waits for the answer is told again, and counts once.
    const views = [...kept.get(), page()];
    kept.set(views);
    let status = "";
    for (const view of views) {
      const answer = await tell(view);
      if (!answer) break;
      kept.set(kept.get().filter((one) => one.view !== view.view));
      status = answer.status === "started" ? "started" : status || answer.status;
    }
    document.dispatchEvent(new CustomEvent("sereno:visit", { detail: { status } }));
    // What a flow shows on their coming stands there a moment later.
    if (status === "started") for (const seconds of [2, 6]) setTimeout(() => window.sereno?.content?.load(), seconds * 1000);
  }

  // Not while it is only got ready, or lies in a tab nobody has looked at yet.
  let is_told = false;
  function look() {
    if (is_told || document.hidden || document.prerendering) return;
    is_told = true;
    looked();
  }
  document.addEventListener("visibilitychange", look);
  document.addEventListener("prerenderingchange", look);
  window.addEventListener("pageshow", (event) => { if (event.persisted) { is_told = false; look(); } });
  look();
})();
