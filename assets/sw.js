// Keeps the shell so that a phone without a network sees orkwork and not a dinosaur. Data never comes from here:
// pages are fetched from the server first, and only files whose names change with their content are kept.
const VERSION = "__VERSION__";
const SHELL = "__SHELL__";
const NAME = `orkwork-${VERSION}`;
const LASTING = /^\/(assets|i18n|fonts|icons)\//;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(NAME).then((cache) => cache.addAll(SHELL)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches.keys()
      .then((names) => Promise.all(names.filter((n) => n.startsWith("orkwork-") && n !== NAME).map((n) => caches.delete(n))))
      .then(() => self.clients.claim()),
  );
});

async function kept(request) {
  const cache = await caches.open(NAME);
  const hit = await cache.match(request, { ignoreVary: true });
  if (hit) return hit;
  const answer = await fetch(request);
  if (answer.ok && answer.status === 200) cache.put(request, answer.clone());
  return answer;
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(() => caches.match("/offline.html")));
  } else if (LASTING.test(url.pathname) || (SHELL.includes(url.pathname) && url.pathname !== "/offline.html")) {
    event.respondWith(kept(request));
  }
});

self.addEventListener("push", (event) => {
  const news = event.data?.json() ?? {};
  event.waitUntil(
    self.registration.showNotification(news.title ?? "orkwork", {
      body: news.body, tag: news.tag, icon: "/icons/192.png", badge: "/icons/192.png", data: { url: news.url ?? "/" },
    }),
  );
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const url = new URL(event.notification.data?.url ?? "/", location.origin).href;
  event.waitUntil(
    self.clients.matchAll({ type: "window" }).then((open) => {
      const same = open.find((client) => client.url === url) ?? open[0];
      return same ? same.focus().then((client) => client.navigate(url)) : self.clients.openWindow(url);
    }),
  );
});
