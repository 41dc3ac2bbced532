// "Notify me": asks the browser once the button is pressed, and hands its subscription over with the form.
(() => {
  const form = document.querySelector("form[data-push-key]");
  const note = document.getElementById("push-note");
  if (!form || !note) return;
  const say = (name) => { note.textContent = note.dataset[name] || ""; };
  if (!("serviceWorker" in navigator) || !("PushManager" in window)) { say("cannot"); return; }
  form.hidden = false;
  const bytes = (text) => {
    const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, (one) => one.charCodeAt(0));
  };
  form.addEventListener("submit", async (event) => {
    if (form.elements.subscription.value) return;
    event.preventDefault();
    try {
      if (await Notification.requestPermission() !== "granted") { say("denied"); return; }
      await navigator.serviceWorker.register(form.dataset.worker, { scope: form.dataset.scope });
      const worker = await navigator.serviceWorker.ready;
      const key = bytes(form.dataset.pushKey);
      const found = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
      form.elements.subscription.value = JSON.stringify(found);
      form.submit();
    } catch { say("failed"); }
  });
})();
