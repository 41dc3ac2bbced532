// Counting: the browser's own barcode detector fills the field and finds the item. Where there is none, one types.
(() => {
  "use strict";
  const form = document.querySelector("[data-reader]");
  const button = form?.querySelector("[data-scan]");
  if (!form || !button) return;
  const said = form.querySelector("[data-said]");
  if (!("BarcodeDetector" in window) || !navigator.mediaDevices?.getUserMedia) {
    said.textContent = said.dataset.without ?? "";
    return;
  }
  const eye = form.querySelector("[data-eye]");
  const word = button.querySelector("span");
  const begin = word.textContent;
  let stream = null;
  button.hidden = false;

  function stop() {
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    eye.hidden = true;
    word.textContent = begin;
  }

  async function look(detector) {
    if (!stream) return;
    const found = await detector.detect(eye).catch(() => []);
    const code = found[0]?.rawValue?.trim();
    if (code && stream) {
      navigator.vibrate?.(60);
      stop();
      form.elements.code.value = code;
      form.requestSubmit();
      return;
    }
    requestAnimationFrame(() => look(detector));
  }

  button.addEventListener("click", async () => {
    if (stream) { stop(); return; }
    said.textContent = "";
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      eye.srcObject = stream;
      eye.hidden = false;
      word.textContent = button.dataset.stop;
      await eye.play();
      look(new BarcodeDetector());
    } catch {
      stop();
      said.textContent = button.dataset.refused;
      form.elements.code.focus();
    }
  });
  document.addEventListener("visibilitychange", () => { if (document.hidden) stop(); });
})();
