import { messageOf } from '../../base/errors.ts';
import { isPacked, show, type HubAnswer, type HubRequest } from '../../hub/answer.ts';
import { HubError } from '../../hub/hub-error.ts';

/**
 * Sends a request as pages can: the browser follows redirects, and of other sites only the headers are seen that they expose. The token
 * goes to the endpoint's own origin alone: browsers drop it where a redirect leads elsewhere.
 */
export async function sendFromPage(request: HubRequest): Promise<HubAnswer> {
  const { method, url, endpoint, token, signal } = request;
  const headers = new Headers(request.headers);
  if (token !== undefined && url.origin === endpoint.origin) headers.set('authorization', `Bearer ${token}`);
  // The cache of files is our own: the browser's would hold them once more.
  const response = await fetch(url, {
    method,
    headers,
    signal,
    cache: 'no-store',
    credentials: 'omit',
  }).catch((error: unknown) => {
    throw unreachableFromPage(url, error);
  });
  const last = response.url === '' ? url : new URL(response.url);
  const hidesHeaders = response.type !== 'basic';
  const length = response.headers.get('content-length');
  const likelyLength = length === null ? undefined : Number(length);
  const etag = response.headers.get('etag');
  return {
    response,
    url: last,
    // Whether it was compressed on its way is not to be seen of other sites.
    length: hidesHeaders || isPacked(response.headers) ? undefined : likelyLength,
    likelyLength,
    // Other sites would have to allow the header that names it.
    validator: !hidesHeaders && etag?.startsWith('"') === true ? etag : undefined,
    hidesHeaders,
  };
}

/** No answer came, or it broke off. Browsers say as little of the reason as they can. */
export function unreachableFromPage(url: URL, error: unknown, when = 'cannot be reached'): HubError {
  const reason = messageOf(error).split('\n')[0];
  return new HubError(
    `${when === 'cannot be reached' ? show(url) : url.host} ${when}: ${navigator.onLine ? `no network, a Content-Security-Policy without it in connect-src, or a server that does not let pages of other sites read it (${reason})` : 'this device is offline'}`,
    { fault: 'unreachable', transient: true, cause: error },
  );
}
