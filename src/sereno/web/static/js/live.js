// Asks for new numbers every five seconds, while anybody looks.
(() => {
  const EVERY = 5000;
  let last = Date.now();

  function ask() {
    if (document.visibilityState !== "visible") return;
    last = Date.now();
    document.querySelectorAll("[data-live]").forEach((part) => part.dispatchEvent(new Event("live")));
  }

  setInterval(ask, EVERY);
  document.addEventListener("visibilitychange", () => { if (Date.now() - last > EVERY) ask(); });
})();
