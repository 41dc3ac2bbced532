// Shows the shop's lead forms: pop-up, slide-in, bar, and <div data-sereno-form="name"></div> where one stands in the page.
// Never waited for by the page; while Sereno is away the last known forms are shown, and what is sent is kept till later.
(() => {
  const me = document.currentScript;
  const home = new URL(".", me.src).href; // .../storefront/<key>/
  const preview = me.dataset.preview ? JSON.parse(me.dataset.preview) : null;
  const language = (me.dataset.language || document.documentElement.lang || navigator.language || "en").slice(0, 2).toLowerCase();
  const said = {
    en: { close: "Close", next: "Next", send: "Send", thanks: "Thank you.", pending: "One more step: open the mail we just sent you and say yes there.", code: "Your code", copy: "Copy", copied: "Copied", go: "Continue", missing: "Please fill this in.", email: "That does not look like an e-mail address.", phone: "That does not look like a telephone number.", birthday: "That is no date.", later: "We could not reach the shop just now. It is kept and goes out with the next page.", often: "That was a lot at once. Try again in an hour.", closed: "This form is closed. Sorry." },
    es: { close: "Cerrar", next: "Siguiente", send: "Enviar", thanks: "Gracias.", pending: "Falta un paso: abre el correo que acabamos de enviarte y confirma allí.", code: "Tu código", copy: "Copiar", copied: "Copiado", go: "Continuar", missing: "Rellena este campo, por favor.", email: "Eso no parece una dirección de correo.", phone: "Eso no parece un número de teléfono.", birthday: "Eso no es una fecha.", later: "Ahora no hemos podido contactar con la tienda. Queda guardado y se enviará con la próxima página.", often: "Han sido muchas a la vez. Prueba dentro de una hora.", closed: "Este formulario está cerrado. Lo sentimos." },
    pt: { close: "Fechar", next: "Seguinte", send: "Enviar", thanks: "Obrigado.", pending: "Falta um passo: abra o e-mail que acabámos de enviar e confirme lá.", code: "O seu código", copy: "Copiar", copied: "Copiado", go: "Continuar", missing: "Preencha este campo, por favor.", email: "Isso não parece um endereço de e-mail.", phone: "Isso não parece um número de telefone.", birthday: "Isso não é uma data.", later: "Não conseguimos contactar a loja agora. Fica guardado e segue com a próxima página.", often: "Foram muitos de uma vez. Tente daqui a uma hora.", closed: "Este formulário está fechado. Lamentamos." },
    ro: { close: "Închide", next: "Înainte", send: "Trimite", thanks: "Mulțumim.", pending: "Mai e un pas: deschide e-mailul pe care tocmai ți l-am trimis și confirmă acolo.", code: "Codul tău", copy: "Copiază", copied: "Copiat", go: "Continuă", missing: "Completează aici, te rugăm.", email: "Nu pare o adresă de e-mail.", phone: "Nu pare un număr de telefon.", birthday: "Nu este o dată.", later: "Nu am putut contacta magazinul acum. Am păstrat datele și le trimitem cu pagina următoare.", often: "Au fost prea multe deodată. Încearcă peste o oră.", closed: "Formularul este închis. Ne pare rău." },
  };
  const words = said[language] || said.en;
  let shopLanguage = me.dataset.shopLanguage || "en";
  const text = (held) => (held && (held[language] || held[shopLanguage] || held.en || Object.values(held)[0])) || "";

  const kept = {
    get(name, empty) { try { return JSON.parse(localStorage.getItem(`sereno:${name}`)) || empty; } catch { return empty; } },
    set(name, value) { try { localStorage.setItem(`sereno:${name}`, JSON.stringify(value)); } catch { /* private window */ } },
  };
  const known = (name) => kept.get("forms", {})[name] || {};
  const know = (name, what) => { if (!preview) kept.set("forms", { ...kept.get("forms", {}), [name]: { ...known(name), ...what } }); };
  const sleep = (time) => new Promise((done) => setTimeout(done, time));
  const tell = (form, what, more) => document.dispatchEvent(new CustomEvent("sereno:form", { detail: { form: form.name, what, ...more } }));

  async function ask(path, body, time) {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), Number(me.dataset.timeout) || time);
    try {
      return await fetch(home + path, {
        ...(body && { method: "POST", headers: { "Content-Type": "text/plain" }, body: JSON.stringify(body) }), // without a question before it
        credentials: "omit",
        signal: stop.signal,
      });
    } catch {
      return null;
    } finally {
      clearTimeout(timer);
    }
  }

  // The token of one view, or "" where nobody answers.
  async function begin(name, variant) {
    const answer = await ask("form", { what: "begin", form: name, variant }, 4000);
    return answer && answer.ok ? (await answer.json()).token : "";
  }

  // Gives what the shop says, or null where nobody answered.
  async function send(what) {
    if (!what.token) {
      what.token = await begin(what.form, what.variant);
      if (!what.token) return null;
      await sleep(1300); // nobody fills in a form faster, and the server knows
    }
    const answer = await ask("form", { what: "send", ...what }, 8000);
    if (!answer || answer.status >= 500) return null;
    const found = await answer.json().catch(() => ({}));
    return answer.ok ? found : { ...found, status: answer.status };
  }

  function make(tag, values = {}, ...inside) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(values)) {
      if (name === "text") made.textContent = value;
      else if (value !== false && value != null) made.setAttribute(name, value === true ? "" : value);
    }
    made.append(...inside.filter(Boolean));
    return made;
  }

  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    :host { all: initial; font: 16px/1.5 system-ui, sans-serif; color: var(--ink); }
    *, ::before { box-sizing: border-box; }
    .box { position: relative; background: var(--ground); color: var(--ink); border: 0; border-radius: var(--radius); padding: 28px; width: min(440px, calc(100vw - 32px)); max-height: calc(100vh - 32px); overflow: auto; margin: auto; }
    dialog.box { position: fixed; inset: 0; height: fit-content; box-shadow: 0 24px 70px rgb(0 0 0 / .3); }
    dialog::backdrop { background: rgb(10 15 20 / .55); }
    .slide { position: fixed; bottom: 16px; right: 16px; z-index: 2147483000; box-shadow: 0 12px 44px rgb(0 0 0 / .28); }
    .slide.left { right: auto; left: 16px; }
    .bar { position: fixed; left: 0; right: 0; bottom: 0; z-index: 2147483000; width: 100%; border-radius: 0; padding: 14px 56px 14px 20px; box-shadow: 0 0 24px rgb(0 0 0 / .2); }
    .bar.top { bottom: auto; top: 0; }
    .embedded { width: 100%; max-width: 520px; margin: 0; border: 1px solid color-mix(in srgb, var(--ink) 18%, transparent); }
    .bar form { display: flex; flex-wrap: wrap; gap: 8px 16px; align-items: end; justify-content: center; }
    .bar .head { margin: 0; max-width: 34ch; align-self: center; } .bar h2 { font-size: 17px; } .bar .field { margin: 0; } .bar .step { display: flex; flex-wrap: wrap; gap: 8px 16px; align-items: end; } .bar .consent { max-width: 44ch; font-size: 13px; }
    h2 { font-size: 23px; line-height: 1.25; margin: 0 28px 0 0; text-wrap: balance; overflow-wrap: anywhere; } p { margin: 6px 0 0; overflow-wrap: anywhere; } .head { margin-bottom: 18px; }
    .field { border: 0; padding: 0; margin: 0 0 14px; min-width: 0; } label, legend { display: block; font-weight: 600; font-size: 14px; margin-bottom: 4px; padding: 0; }
    input:not([type=checkbox], [type=radio]), textarea { font: inherit; color: inherit; background: transparent; width: 100%; min-height: 46px; padding: 9px 12px; border: 1px solid color-mix(in srgb, var(--ink) 55%, transparent); border-radius: calc(var(--radius) * .6); }
    .one { display: flex; gap: 10px; align-items: flex-start; font-weight: 400; font-size: 15px; min-height: 28px; margin: 0 0 4px; cursor: pointer; } .one input { width: 20px; height: 20px; margin: 2px 0 0; flex: none; accent-color: var(--colour); }
    .consent { font-size: 14px; line-height: 1.4; }
    button { font: inherit; cursor: pointer; } .go { display: block; width: 100%; min-height: 48px; border: 0; border-radius: calc(var(--radius) * .6); background: var(--colour); color: var(--on-colour); font-weight: 650; padding: 10px 20px; text-align: center; text-decoration: none; } .bar .go { width: auto; min-height: 46px; }
    .x { position: absolute; top: 10px; right: 10px; width: 40px; height: 40px; border: 0; border-radius: 50%; background: transparent; color: inherit; font-size: 22px; line-height: 1; } .x:hover { background: color-mix(in srgb, var(--ink) 10%, transparent); }
    :focus-visible { outline: 3px solid var(--colour); outline-offset: 2px; }
    [aria-invalid=true] { border-color: #c0272d !important; border-width: 2px !important; } .wrong { color: var(--wrong); font-size: 14px; margin: 4px 0 0; } .status:empty { display: none; }
    .code { display: flex; flex-wrap: wrap; gap: 10px; align-items: center; justify-content: space-between; border: 2px dashed color-mix(in srgb, var(--ink) 45%, transparent); border-radius: calc(var(--radius) * .6); padding: 12px 16px; margin: 16px 0; } .code b { font: 700 20px/1.2 ui-monospace, monospace; letter-spacing: .06em; overflow-wrap: anywhere; } .code button { border: 1px solid currentColor; border-radius: 8px; background: transparent; color: inherit; padding: 6px 14px; min-height: 36px; }
    .teaser { position: fixed; bottom: 16px; right: 16px; z-index: 2147483000; border: 0; border-radius: 999px; background: var(--colour); color: var(--on-colour); padding: 12px 22px; font-weight: 650; box-shadow: 0 6px 24px rgb(0 0 0 / .25); max-width: calc(100vw - 32px); } .teaser.left { right: auto; left: 16px; }
    .trap { position: absolute; left: -9999px; }
    [hidden] { display: none !important; }
    @media (prefers-reduced-motion: no-preference) { dialog[open], .slide, .bar { animation: come .25s ease-out; } @keyframes come { from { opacity: 0; transform: translateY(14px); } } }
    @media (max-width: 480px) { .slide { left: 16px; width: auto; } .box { padding: 22px 18px; } .bar { padding: 14px 50px 14px 16px; } .bar form, .bar .step { flex-direction: column; align-items: stretch; } }
  `);

  const light = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255).map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4)).reduce((sum, one, at) => sum + one * [0.2126, 0.7152, 0.0722][at], 0);

  const INPUTS = { email: ["email", "email", 254], phone: ["tel", "tel", 25], name: ["text", "name", 200], birthday: ["date", "bday", 10] };
  let count = 0;

  function control(item) {
    const id = `f${(count += 1)}`;
    const wrong = make("p", { class: "wrong", id: `${id}-wrong`, hidden: true });
    const label = text(item.label);
    let part;
    if (item.kind === "consent") {
      part = make("div", { class: "field" }, make("label", { class: "one consent" }, make("input", { type: "checkbox", name: item.id, value: "yes" }), make("span", { text: label })), wrong);
    } else if (item.choices) {
      const type = item.kind === "choice" ? "radio" : "checkbox";
      const all = item.choices.map((one) => make("label", { class: "one" }, make("input", { type, name: item.id, value: one.value }), make("span", { text: text(one.label) })));
      part = make("fieldset", { class: "field" }, make("legend", { text: label }), ...all, wrong);
    } else {
      const [type, autocomplete, maxlength] = INPUTS[item.kind] || [];
      const input = make(type ? "input" : "textarea", type ? { type, autocomplete, maxlength, id, name: item.id } : { id, name: item.id, rows: 3, maxlength: 2000 });
      part = make("div", { class: "field" }, make("label", { for: id, text: label }), input, wrong);
    }
    const inputs = [...part.querySelectorAll("input, textarea")];
    inputs.forEach((input) => {
      if (item.is_needed && !item.choices) input.setAttribute("aria-required", "true");
      input.setAttribute("aria-describedby", wrong.id);
    });
    const values = () => inputs.filter((input) => (/checkbox|radio/.test(input.type) ? input.checked : input.value.trim())).map((input) => input.value.trim());
    return {
      item, part, values,
      fault() {
        if (!values().length) return inputs.some((input) => input.validity.badInput) ? item.kind : item.is_needed ? "missing" : "";
        if (item.kind === "email" && !/^[^\s@<>"]+@[^\s@<>"]+\.[^\s@<>".]{2,}$/.test(values()[0])) return "email";
        return item.kind === "phone" && !/^\+?[0-9][0-9 ()./-]{5,24}$/.test(values()[0]) ? "phone" : "";
      },
      show(code) {
        wrong.textContent = code ? words[code] || words.missing : "";
        wrong.hidden = !code;
        inputs.forEach((input) => (code ? input.setAttribute("aria-invalid", "true") : input.removeAttribute("aria-invalid")));
      },
      focus: () => inputs[0].focus(),
    };
  }

  // One form on the page. `place` is where it stands, or null where it comes over the page.
  function build(form, variant, place) {
    const other = (variant === "b" && form.other) || {};
    const texts = Object.fromEntries([...Object.keys(form.texts), ...Object.keys(other)].map((name) => [name, { ...form.texts[name], ...other[name] }]));
    const { shape, side, colour, ground, ink, radius } = form.look;
    const kind = place ? "embedded" : shape === "embedded" ? "slide" : shape;
    const host = make("div", { "data-sereno-shown": form.name, lang: language in said ? language : false });
    const on = light(colour) > 0.4 ? "#14181c" : "#ffffff";
    for (const [name, value] of Object.entries({ colour, ground, ink, radius: `${radius}px`, "on-colour": on, wrong: light(ground) > 0.3 ? "#a3151c" : "#ff9d9d" })) host.style.setProperty(`--${name}`, value);
    const root = host.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet];
    const heading = make("h2", { id: "title", text: text(texts.title) });
    const head = make("div", { class: "head" }, heading, text(texts.intro) && make("p", { text: text(texts.intro) }));
    const controls = form.fields.map(control);
    const steps = Math.max(...form.fields.map((one) => one.step || 1));
    const groups = Array.from({ length: steps }, (_, at) => make("div", { class: "step", hidden: at > 0 }, ...controls.filter((one) => (one.item.step || 1) === at + 1).map((one) => one.part)));
    const trap = make("input", { type: "text", name: "website", tabindex: "-1", autocomplete: "off" });
    const status = make("p", { class: "wrong status", role: "status" });
    const go = make("button", { class: "go", type: "submit" });
    const held = make("form", { novalidate: true }, head, ...groups, make("div", { class: "trap", "aria-hidden": "true" }, trap), go, status);
    const close = kind !== "embedded" && make("button", { class: "x", type: "button", "aria-label": words.close, text: "×" });
    const box = make(kind === "popup" ? "dialog" : "section", { class: `box ${kind} ${side || ""}`, "aria-labelledby": "title" }, held, close);
    root.append(box);
    let step = 1;
    let token = "";
    let sent = false;
    const label = () => (go.textContent = step < steps ? text(texts.next) || words.next : text(texts.button) || words.send);
    label();

    const away = () => {
      if (box.close) box.close();
      box.hidden = true;
      if (sent) host.remove();
      else {
        know(form.name, { closed: Date.now() });
        if (text(texts.teaser)) {
          const again = make("button", { class: `teaser ${side || ""}`, type: "button", text: text(texts.teaser) });
          again.addEventListener("click", () => { again.remove(); show(true); });
          root.append(again);
        } else host.remove();
      }
      tell(form, "closed", { sent });
    };
    if (close) close.addEventListener("click", away);
    box.addEventListener("cancel", (event) => { event.preventDefault(); away(); });
    box.addEventListener("keydown", (event) => { if (event.key === "Escape" && close && kind !== "popup") away(); });

    function show(is_asked) {
      box.hidden = false;
      if (kind !== "popup") { if (is_asked) controls[0].focus(); }
      else if (preview) box.setAttribute("open", "");
      else if (!box.open) box.showModal();
    }

    async function thank(answer) {
      sent = true;
      know(form.name, { done: Date.now() });
      tell(form, "sent", { code: answer.code || "", pending: !!answer.pending, is_kept: !!answer.later });
      const { redirect } = form.after;
      const to = redirect && new URL(redirect, location.href);
      if (to && /^https?:$/.test(to.protocol) && !answer.code && !answer.pending && !answer.later && !preview) return location.assign(to.href);
      const title = make("h2", { id: "title", tabindex: "-1", text: text(texts.thanks) || words.thanks });
      const lines = [answer.later ? words.later : answer.pending ? words.pending : text(texts.thanks_text)].filter(Boolean).map((line) => make("p", { text: line }));
      const parts = [make("div", { class: "head", role: "status" }, title, ...lines)];
      if (answer.code) {
        const copy = make("button", { type: "button", text: words.copy });
        copy.addEventListener("click", () => navigator.clipboard?.writeText(answer.code).then(() => { copy.textContent = words.copied; }, () => {}));
        parts.push(make("div", { class: "code", role: "group", "aria-label": words.code }, make("b", { text: answer.code }), copy));
      }
      if (to && /^https?:$/.test(to.protocol)) parts.push(make("a", { class: "go", href: to.href, text: words.go }));
      held.replaceWith(...parts);
      if (!preview) title.focus();
    }

    held.addEventListener("submit", async (event) => {
      event.preventDefault();
      const asked = controls.filter((one) => (one.item.step || 1) === step);
      const faults = asked.map((one) => { const code = one.fault(); one.show(code); return code && one; }).filter(Boolean);
      if (faults.length) return faults[0].focus();
      if (step < steps) {
        groups[step - 1].hidden = true;
        groups[step].hidden = false;
        step += 1;
        label();
        return controls.find((one) => one.item.step === step).focus();
      }
      if (preview) return thank({ code: preview.code || "" });
      const values = Object.fromEntries(controls.map((one) => [one.item.id, one.values()]).filter(([, one]) => one.length));
      const what = { form: form.name, variant, token, values, page: location.pathname.slice(0, 300), locale: language, website: trap.value };
      go.disabled = true;
      const answer = await send(what);
      go.disabled = false;
      token = what.token;
      if (!answer) {
        kept.set("forms-unsent", [...kept.get("forms-unsent", []), what].slice(-20));
        return thank({ later: true });
      }
      if (!answer.status) return thank(answer);
      status.textContent = "";
      if (answer.fields) {
        const wrong = controls.filter((one) => answer.fields[one.item.id]);
        wrong.forEach((one) => one.show(answer.fields[one.item.id]));
        const first = Math.min(...wrong.map((one) => one.item.step || 1));
        groups.forEach((group, at) => { group.hidden = at !== first - 1; });
        step = first;
        label();
        return wrong[0].focus();
      }
      if (answer.status === 409) token = ""; // the view is over: the next try begins another
      status.textContent = words[answer.status === 429 ? "often" : answer.status === 410 ? "closed" : "later"];
    });

    (place || document.body).append(host);
    show();
    tell(form, "shown", { variant });
    if (!preview) begin(form.name, variant).then((found) => { token = token || found; });
  }

  // --- when ---

  const like = (pattern) => new RegExp(`^${pattern.split("*").map((one) => one.replace(/[.+?^${}()|[\]\\]/g, "\\$&")).join(".*")}$`);
  const fits = (when) => {
    const here = location.pathname;
    return (!when.pages.length || when.pages.some((one) => like(one).test(here))) && !when.not_pages.some((one) => like(one).test(here));
  };
  const variantOf = (form) => {
    if (!form.other) return "";
    const held = known(form.name).variant || (Math.random() < 0.5 ? "a" : "b");
    know(form.name, { variant: held });
    return held;
  };

  let isBusy = false;
  function wait(form) {
    const { when } = form;
    const { done, closed } = known(form.name);
    if (done || !fits(when) || (closed && Date.now() - closed < when.rest_days * 86400000)) return;
    const ends = new AbortController();
    const open = () => {
      if (isBusy) return;
      // Who is typing is not interrupted.
      if (/^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName)) return void setTimeout(open, 3000);
      isBusy = true;
      ends.abort();
      build(form, variantOf(form), null);
    };
    const { signal } = ends;
    if (when.seconds != null) setTimeout(() => { if (!signal.aborted) open(); }, when.seconds * 1000);
    if (when.scroll != null) {
      addEventListener("scroll", () => {
        const far = document.documentElement.scrollHeight - innerHeight;
        if (far > 0 && (scrollY / far) * 100 >= when.scroll) open();
      }, { passive: true, signal });
    }
    if (when.leaving) document.documentElement.addEventListener("mouseleave", (event) => { if (event.clientY <= 0) open(); }, { signal });
    if (when.seconds == null && when.scroll == null && !when.leaving) open();
  }

  async function flush() {
    const unsent = kept.get("forms-unsent", []);
    kept.set("forms-unsent", []);
    for (const one of unsent) {
      let answer = await send(one);
      if (answer && answer.status === 409) answer = await send({ ...one, token: "" });
      if (!answer || answer.status === 429) kept.set("forms-unsent", [...kept.get("forms-unsent", []), one]);
    }
  }

  async function start() {
    if (preview) {
      shopLanguage = preview.locale;
      const spot = document.querySelector("[data-sereno-form]");
      return build(preview.form, preview.variant || "", preview.form.look.shape === "embedded" ? spot : null);
    }
    const answer = await ask("forms.json", null, 3000);
    let found = kept.get("forms-known", null);
    if (answer && answer.ok) {
      found = await answer.json();
      kept.set("forms-known", found);
    }
    if (!found) return;
    shopLanguage = found.locale;
    const placed = new Set();
    document.querySelectorAll("[data-sereno-form]").forEach((place) => {
      const form = found.forms.find((one) => one.name === place.dataset.serenoForm);
      if (!form) return;
      placed.add(form.name);
      place.replaceChildren();
      build(form, variantOf(form), place);
    });
    found.forms.filter((form) => form.look.shape !== "embedded" && !placed.has(form.name)).forEach(wait);
    await flush();
  }

  window.sereno = { ...window.sereno, forms: { reset: () => kept.set("forms", {}) } };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
