// Shows what the shop sends, and opens its page when it is pressed. A second copy of one message takes its place.
self.addEventListener("push", (event) => {
  let said = {};
  try { said = event.data ? event.data.json() : {}; } catch { /* Not ours: shown empty. */ }
  const options = { body: said.body || "", tag: said.tag || "", data: { url: said.url || "" } };
  event.waitUntil(self.registration.showNotification(said.title || "", options));
});
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const url = event.notification.data && event.notification.data.url;
  if (url && /^https?:\/\//.test(url)) event.waitUntil(self.clients.openWindow(url));
});
