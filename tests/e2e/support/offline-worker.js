// A service worker that keeps the page's files for when there is no network.
self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
self.addEventListener('fetch', (event) => {
  if (new URL(event.request.url).origin !== self.location.origin) return;
  event.respondWith(answer(event.request));
});

async function answer(request) {
  const files = await caches.open('files');
  try {
    const response = await fetch(request);
    await files.put(request, response.clone());
    return response;
  } catch {
    return (await files.match(request)) ?? Response.error();
  }
}
