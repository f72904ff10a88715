import { messageOf } from '../../base/errors.ts';
import { discard, openAnswer, show, type HubAnswer, type HubRequest } from '../../hub/answer.ts';
import { HubError } from '../../hub/hub-error.ts';
import { refusal } from './redirect.ts';

const maxRedirects = 10;

/** A request of which redirects are looked at. */
export interface RedirectedRequest extends HubRequest {
  /** Is asked about every redirect: whether it contains enough to be the answer, so that it is not followed. */
  readonly isEnough?: (redirect: Response, target: URL) => boolean;
}

/**
 * Sends a request and follows redirects by hand. Node's own `fetch`, because with `redirect: 'manual'` it hands out each
 * redirect with its headers (a browser would not), streams with back pressure, is tested well and reads the proxy of the
 * environment under `NODE_USE_ENV_PROXY=1`; `node:http` would mean the same with two modules and more of our own code.
 * The token is decided upon anew for every address: it goes to the endpoint's own scheme, host and port, nowhere else.
 */
export async function sendRequest(request: RedirectedRequest): Promise<HubAnswer> {
  const { method, endpoint, token, signal, isEnough } = request;
  let url = request.url;
  for (let hops = 0; hops <= maxRedirects; hops++) {
    const response = await fetch(url, {
      method,
      redirect: 'manual',
      signal,
      headers: {
        'user-agent': 'cardinal-nn',
        // Lengths must be those of the file, not of something packed; for ranges fetch itself asks for that.
        ...(request.headers?.['range'] === undefined ? { 'accept-encoding': 'identity' } : {}),
        ...request.headers,
        ...(token !== undefined && url.origin === endpoint.origin
          ? { authorization: `Bearer ${token}` }
          : {}),
      },
    }).catch((error: unknown) => {
      throw unreachable(url, error);
    });
    const location = response.headers.get('location');
    if (response.status < 300 || response.status > 399 || location === null) return openAnswer(response, url);
    const target = URL.canParse(location, url) ? new URL(location, url) : undefined;
    const refused = target === undefined ? 'what is no web address' : refusal(url, target, endpoint);
    if (target === undefined || refused !== undefined) {
      await discard(response);
      throw new HubError(`${show(url)} redirects to ${refused}`, { fault: 'wrong' });
    }
    if (isEnough?.(response, target) === true) return openAnswer(response, url);
    await discard(response);
    url = target;
  }
  throw new HubError(
    `${show(request.url)} redirects more than ${maxRedirects} times, last to ${show(url)}: check HF_ENDPOINT and the proxy`,
    { fault: 'wrong' },
  );
}

/** No answer came, or it broke off. */
export function unreachable(url: URL, error: unknown, when = 'cannot be reached'): HubError {
  const code = codeOf(error);
  const certificate = /CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO/.test(code);
  const reason = certificate
    ? `its certificate is not trusted (${code}); NODE_EXTRA_CA_CERTS may name a file with the one to trust`
    : (reasons[code] ?? (rootOf(error) || 'no reason given'));
  return new HubError(`${url.host} ${when}: ${reason}`, {
    fault: 'unreachable',
    transient: !certificate,
    cause: error,
  });
}

const reasons: Readonly<Partial<Record<string, string>>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was closed',
  ENOTFOUND: 'no host of this name; check the network and HF_ENDPOINT',
  EAI_AGAIN: 'the name could not be looked up; check the network',
  ENETUNREACH: 'no network',
  EHOSTUNREACH: 'no way to this host',
  ETIMEDOUT: 'no answer',
  UND_ERR_CONNECT_TIMEOUT: 'no answer',
  UND_ERR_HEADERS_TIMEOUT: 'no answer',
  UND_ERR_BODY_TIMEOUT: 'nothing came any more',
  UND_ERR_SOCKET: 'the connection was closed',
};

/** `fetch` fails with "fetch failed"; what happened is the cause, or one of several (one for each address of a host). */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if (error.cause !== undefined) return codeOf(error.cause);
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error instanceof AggregateError ? codeOf(error.errors[0]) : '';
}

function rootOf(error: unknown): string {
  return error instanceof Error && error.cause !== undefined
    ? rootOf(error.cause)
    : messageOf(error).split('\n')[0];
}
