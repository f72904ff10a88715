import { show, type HubAnswer } from './answer.ts';
import { HubError } from './hub-error.ts';
import { isCommit } from './name.ts';
import type { Downloads } from './source.ts';

/** The header that names what was not found or not allowed. */
const errorCode = 'x-error-code';

/** The commit an answer speaks of. Checked, because it becomes a folder's name. */
export function commitOf(response: Response): string | undefined {
  const commit = response.headers.get('x-repo-commit');
  return commit !== null && isCommit(commit) ? commit : undefined;
}

/** What an answer that is no success means. `what` names the file that was asked for, `page` where a person reads about it. */
export function statusError(
  { response, url }: Pick<HubAnswer, 'response' | 'url'>,
  what: string,
  { settings, words }: Pick<Downloads, 'settings' | 'words'>,
  page: string,
): HubError {
  const { status } = response;
  const hasToken = settings.token !== undefined;
  const code = response.headers.get(errorCode);
  if (code === 'GatedRepo') {
    return new HubError(
      `${what} is gated: accept its terms at ${page}, and set ${words.token} to a token of that account`,
      { fault: 'denied' },
    );
  }
  if ((status === 401 || status === 403) && url.origin !== settings.endpoint.origin) {
    // The addresses of large files hold a signature that expires; the next request to the hub gets a new one.
    return new HubError(`${url.host} refuses ${what} (${status}), though the hub sent us there: try again`, {
      fault: 'wrong',
      transient: true,
    });
  }
  if (status === 401 || status === 403) {
    const advice = hasToken
      ? `it does not exist, or ${words.token} is of no account that may read it`
      : `it does not exist or is private: check the name, or set ${words.token} to a token that may read it`;
    return new HubError(`${url.host} refuses ${what} (${status}): ${advice}`, { fault: 'denied' });
  }
  if (status === 404 || status === 410) return absence(code, commitOf(response), what, url);
  if (status === 429) {
    const retryAfter = pauseOf(response);
    const pause = retryAfter === undefined ? 'a while' : `${Math.ceil(retryAfter / 1000)} s`;
    return new HubError(
      `${url.host} asks for fewer requests (429) for ${pause}: try again later${hasToken ? '' : `, or set ${words.token}, which has a limit of its own`}`,
      { fault: 'unreachable', transient: true, retryAfter },
    );
  }
  if (status >= 500 || status === 408) {
    return new HubError(`${url.host} is in trouble (${status}) and does not give ${what}: try again later`, {
      fault: 'unreachable',
      transient: true,
      retryAfter: pauseOf(response),
    });
  }
  return new HubError(`${show(url)} answers ${status}, expected ${what}: check ${words.endpoint}`, {
    fault: 'wrong',
  });
}

function absence(code: string | null, commit: string | undefined, what: string, url: URL): HubError {
  if (code === 'RepoNotFound') {
    return new HubError(`there is no repository for ${what} on ${url.host}: check the name`, {
      fault: 'unknown',
    });
  }
  if (code === 'RevisionNotFound') {
    return new HubError(`there is no such revision for ${what}: check what follows the @`, {
      fault: 'unknown',
    });
  }
  return new HubError(`there is no ${what}: nothing at ${show(url)}`, { fault: 'absent', commit });
}

/** `Retry-After` in seconds or as a date, or the hub's own `RateLimit: "resolvers";r=0;t=55`; in milliseconds. */
function pauseOf(response: Response): number | undefined {
  const after = response.headers.get('retry-after');
  if (after !== null && /^\d+$/.test(after)) return 1000 * Number(after);
  const date = after === null ? NaN : Date.parse(after);
  if (!Number.isNaN(date)) return Math.max(0, date - Date.now());
  const seconds = /;\s*t\s*=\s*(\d+)/.exec(response.headers.get('ratelimit') ?? '')?.[1];
  return seconds === undefined ? undefined : 1000 * Number(seconds);
}
