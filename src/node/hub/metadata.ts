import { discard, isPacked, show } from '../../hub/answer.ts';
import { HubError } from '../../hub/hub-error.ts';
import { sendRequest } from './http.ts';
import { formatHubName } from '../../hub/name.ts';
import type { FileMetadata, HubSource } from '../../hub/source.ts';
import { commitOf, statusError } from '../../hub/status.ts';
import { Watchdog } from '../../hub/timing.ts';

/**
 * Asks for a file's metadata, once. For a file in large storage the hub answers with a redirect to another host, and the
 * redirect is what describes the file (`X-Linked-Etag`, `X-Linked-Size`); small files and renamed repositories are
 * redirected within the hub, and the last answer describes it.
 */
export async function readMetadata(repo: HubSource, file: string, revision: string): Promise<FileMetadata> {
  const { settings, timing, signal } = repo;
  const what = formatHubName({ ...repo.name, revision, file });
  const watchdog = new Watchdog(timing.answer, signal);
  try {
    const answer = await sendRequest({
      method: 'HEAD',
      url: repo.fileUrl(file, revision),
      endpoint: settings.endpoint,
      token: settings.token,
      signal: watchdog.signal,
      isEnough: (redirect, target) =>
        target.origin !== settings.endpoint.origin &&
        redirect.headers.has('x-repo-commit') &&
        (redirect.headers.has('x-linked-etag') || redirect.headers.has('etag')),
    });
    const { response, url } = answer;
    await discard(response);
    if (response.status >= 400) {
      throw statusError(answer, what, repo, repo.page);
    }
    const commit = commitOf(response);
    const etag = readEtag(response.headers.get('x-linked-etag') ?? response.headers.get('etag'));
    if (commit === undefined || etag === undefined) {
      throw new HubError(
        `${show(url)} answers without ${commit === undefined ? 'X-Repo-Commit' : 'ETag'}, so it is no hub: check HF_ENDPOINT and the proxy`,
        { fault: 'wrong' },
      );
    }
    const size =
      response.headers.get('x-linked-size') ??
      // The length of a redirect's own body is not the file's, nor that of something packed.
      (response.status < 300 && !isPacked(response.headers) ? response.headers.get('content-length') : null);
    return { commit, etag, size: size !== null && /^\d{1,15}$/.test(size) ? Number(size) : undefined };
  } finally {
    watchdog.stop();
  }
}

/** The value of `ETag: "…"` or `W/"…"`, as huggingface_hub names blobs. It becomes a file's name, so it is checked. */
function readEtag(header: string | null): string | undefined {
  const value = header?.replace(/^W\//, '').replaceAll('"', '');
  return value !== undefined && /^\w[\w.+=-]{0,199}$/.test(value) ? value : undefined;
}
