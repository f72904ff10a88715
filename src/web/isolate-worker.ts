/**
 * A service worker that gives documents and workers of its scope the two headers by which a page becomes cross-origin isolated. Everything
 * else of the page it leaves alone. `isolate` registers it; a service worker of the page's own may import it by `importScripts`.
 */
const worker = globalThis as unknown as ServiceWorkerGlobalScope;
const policy = new URL(worker.location.href).searchParams.get('embedder') ?? 'credentialless';

worker.addEventListener('install', () => {
  void worker.skipWaiting();
});
worker.addEventListener('activate', (event) => {
  event.waitUntil(worker.clients.claim());
});
worker.addEventListener('fetch', (event) => {
  const { request } = event;
  // What embeds or runs something has a policy of its own; pictures, styles and data have none.
  const hasPolicy = ['document', 'frame', 'iframe', 'sharedworker', 'worker'].includes(request.destination);
  if (hasPolicy && new URL(request.url).origin === worker.location.origin) {
    event.respondWith(fetch(request).then(withPolicy));
  }
});

function withPolicy(response: Response): Response {
  // A redirection, which the browser follows and asks for again.
  if (response.type === 'opaqueredirect' || response.type === 'error') return response;
  const { body, status, statusText } = response;
  const headers = new Headers(response.headers);
  headers.set('Cross-Origin-Opener-Policy', 'same-origin');
  headers.set('Cross-Origin-Embedder-Policy', policy);
  return new Response(body, { status, statusText, headers });
}
