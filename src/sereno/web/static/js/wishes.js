// <div data-sereno-wait data-product="1" data-variant="2"> becomes a form "tell me when it is back";
// <button data-sereno-wish data-product="1"> becomes a heart. What cannot be sent is kept and sent with the next page.
(() => {
  const me = document.currentScript;
  const home = new URL(".", me.src).href; // .../storefront/<key>/
  const who = { customer: me.dataset.customer || "", proof: me.dataset.proof || "" };
  const language = (me.dataset.language || document.documentElement.lang || "en").slice(0, 2).toLowerCase();
  const said = {
    en: { ask: "Tell me when it is back", email: "Your e-mail", send: "Tell me", kept: "You are in line. We write when it is back.", pending: "Look into your mail: one press there, and you are in line.", full: "This address is on very many lists already.", wrong: "That does not look like an e-mail address.", later: "We could not reach the shop just now. It is kept and goes out with the next page.", often: "That was a lot at once. Try again in an hour.", wish: "Put on the wish list", unwish: "Take off the wish list" },
    es: { ask: "Avísame cuando vuelva", email: "Tu correo", send: "Avisarme", kept: "Estás en la lista. Te escribimos cuando vuelva.", pending: "Mira tu correo: un clic allí y estás en la lista.", full: "Esta dirección ya está en muchas listas.", wrong: "Eso no parece una dirección de correo.", later: "Ahora no hemos podido contactar con la tienda. Queda guardado y se enviará con la próxima página.", often: "Han sido muchas a la vez. Prueba dentro de una hora.", wish: "Añadir a la lista de deseos", unwish: "Quitar de la lista de deseos" },
    pt: { ask: "Avisem-me quando voltar", email: "O seu e-mail", send: "Avisar-me", kept: "Está na lista. Escrevemos quando voltar.", pending: "Veja o seu e-mail: um clique e está na lista.", full: "Este endereço já está em muitas listas.", wrong: "Isso não parece um endereço de e-mail.", later: "Não conseguimos contactar a loja agora. Fica guardado e segue com a próxima página.", often: "Foram muitos de uma vez. Tente daqui a uma hora.", wish: "Juntar à lista de desejos", unwish: "Tirar da lista de desejos" },
    ro: { ask: "Anunță-mă când revine", email: "E-mailul tău", send: "Anunță-mă", kept: "Ești pe listă. Îți scriem când revine.", pending: "Uită-te în e-mail: un clic acolo și ești pe listă.", full: "Adresa aceasta e deja pe foarte multe liste.", wrong: "Nu pare o adresă de e-mail.", later: "Nu am putut contacta magazinul acum. Am păstrat cererea și o trimitem cu pagina următoare.", often: "Au fost prea multe deodată. Încearcă peste o oră.", wish: "Adaugă la lista de dorințe", unwish: "Scoate din lista de dorințe" },
  };
  const words = said[language] || said.en;
  const kept = {
    get(name) { try { return JSON.parse(localStorage.getItem(`sereno:${name}`)) || []; } catch { return []; } },
    set(name, value) { try { localStorage.setItem(`sereno:${name}`, JSON.stringify(value.slice(-100))); } catch { /* private window */ } },
  };

  // Gives the status, or null where nobody answered: then it waits here.
  async function tell(what, again = false) {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), Number(me.dataset.timeout) || 4000);
    try {
      const answer = await fetch(`${home}interest`, {
        method: "POST",
        headers: { "Content-Type": "text/plain" }, // goes to another site without a question before it
        body: JSON.stringify({ locale: language, ...who, ...what }),
        credentials: "omit",
        signal: stop.signal,
      });
      if (answer.status === 422) return "wrong";
      if (answer.status === 429) return "often";
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      return await answer.json();
    } catch {
      if (!again && what.what !== "view" && what.what !== "list") kept.set("unsent", [...kept.get("unsent"), what]);
      return null;
    } finally {
      clearTimeout(timer);
    }
  }

  function make(tag, values, ...inside) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(values)) {
      if (name === "text") made.textContent = value;
      else made.setAttribute(name, value);
    }
    made.append(...inside);
    return made;
  }

  let count = 0;
  function form(part) {
    const id = `sereno-wait-${(count += 1)}`;
    const input = make("input", { id, type: "email", name: "email", required: "", autocomplete: "email", maxlength: "254" });
    const trap = make("input", { type: "text", name: "website", tabindex: "-1", autocomplete: "off", "aria-hidden": "true", hidden: "" });
    const button = make("button", { type: "submit", text: words.send });
    const status = make("p", { role: "status", "aria-live": "polite", class: "sereno-status" });
    const held = make("form", { class: "sereno-wait", novalidate: "" }, make("p", { class: "sereno-ask", text: words.ask }), make("label", { for: id, text: words.email }), input, trap, button, status);
    held.addEventListener("submit", async (event) => {
      event.preventDefault();
      input.removeAttribute("aria-invalid");
      if (!input.checkValidity()) {
        input.setAttribute("aria-invalid", "true");
        status.textContent = words.wrong;
        input.focus();
        return;
      }
      button.disabled = true;
      const answer = await tell({ what: "wait", product: part.dataset.product, variant: part.dataset.variant || "", email: input.value.trim(), website: trap.value });
      button.disabled = false;
      const code = answer === null ? "later" : typeof answer === "string" ? answer : answer.status;
      status.textContent = words[code] || words.later;
      if (code === "wrong") input.setAttribute("aria-invalid", "true");
      document.dispatchEvent(new CustomEvent("sereno:waiting", { detail: { product: part.dataset.product, status: code } }));
    });
    part.replaceChildren(held);
    part.hidden = false;
  }

  function heart(button) {
    const product = button.dataset.product;
    const name = make("span", { class: "sereno-label" });
    const sign = make("span", { "aria-hidden": "true", class: "sereno-heart" });
    const show = () => {
      const is = kept.get("wishes").includes(product);
      button.setAttribute("aria-pressed", String(is));
      sign.textContent = is ? "♥" : "♡";
      name.textContent = ` ${is ? words.unwish : words.wish}`;
    };
    button.replaceChildren(sign, name);
    button.addEventListener("click", () => {
      const before = kept.get("wishes");
      const is = before.includes(product);
      kept.set("wishes", is ? before.filter((one) => one !== product) : [...before, product]);
      show();
      if (who.proof) tell({ what: is ? "unwish" : "wish", product });
      document.dispatchEvent(new CustomEvent("sereno:wish", { detail: { product, is: !is } }));
    });
    document.addEventListener("sereno:wishes", show);
    show();
  }

  async function start() {
    document.querySelectorAll("[data-sereno-wait]").forEach(form);
    document.querySelectorAll("[data-sereno-wish]").forEach(heart);
    const unsent = kept.get("unsent");
    kept.set("unsent", []);
    for (const one of unsent) {
      if ((await tell(one, true)) === null) kept.set("unsent", [...kept.get("unsent"), one]);
    }
    if (!who.proof) return;
    if (me.dataset.product) tell({ what: "view", product: me.dataset.product });
    const answer = await tell({ what: "list" });
    if (answer && answer.wishes) {
      // What was wished before signing in joins the list.
      const own = kept.get("wishes");
      own.filter((one) => !answer.wishes.includes(one)).forEach((product) => tell({ what: "wish", product }));
      kept.set("wishes", [...new Set([...answer.wishes, ...own])]);
      document.dispatchEvent(new CustomEvent("sereno:wishes"));
    }
  }

  window.sereno = { ...window.sereno, wishes: { list: () => kept.get("wishes"), tell } };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
