// The editor of a form: its preview follows what is typed. Without this, the button does it.
(() => {
  const form = document.getElementById("capture-form");
  const look = document.getElementById("capture-look");
  let timer;
  const soon = (event) => {
    if (event.target.name === "width") return;
    clearTimeout(timer);
    timer = setTimeout(() => form.requestSubmit(look), 450);
  };
  form.noValidate = true; // a half-typed number is no reason to stop showing
  document.addEventListener("input", soon);
  if ("unsaved" in form.dataset) form.requestSubmit(look); // the frame shows what is kept
})();
