import * as z from 'zod/mini';
import { CardinalError } from '../base/errors.ts';
import { parseJson } from '../base/validate.ts';
import { discard } from './answer.ts';
import { checksumOf } from './checksum.ts';
import { HubError } from './hub-error.ts';
import { formatHubName, isCommit, type HubName } from './name.ts';
import type { FileMetadata, HubSource } from './source.ts';
import { statusError } from './status.ts';
import { Watchdog } from './timing.ts';

/** What a commit of a repository has. */
export interface Listing {
  readonly commit: string;
  readonly files: ReadonlyMap<string, FileMetadata>;
}

const size = z.int().check(z.nonnegative());

/** The hub's answer about a model with its files, as far as it is used. */
const modelSchema = z.object({
  sha: z.string(),
  siblings: z.array(
    z.object({
      rfilename: z.string(),
      size: z.nullish(size),
      blobId: z.nullish(z.string()),
      lfs: z.nullish(z.object({ sha256: z.string(), size })),
    }),
  ),
});

/** The same in the cache. */
const keptSchema = z.object({
  commit: z.string(),
  files: z.array(z.object({ name: z.string(), etag: z.string(), size: z.optional(size) })),
});

const mostListing = 2 ** 24;

/**
 * Asks the hub what a revision stands for and has. Node reads this of the headers of redirects, which pages do not see; one request tells
 * it of all files.
 */
export async function askListing(
  repo: HubSource & { readonly name: HubName },
  revision: string,
): Promise<Listing> {
  const { name, settings, timing, signal } = repo;
  const what = formatHubName({ ...name, revision, file: undefined });
  const base = settings.endpoint.href.replace(/\/$/, '');
  const url = new URL(
    `${base}/api/${name.isDataset === true ? 'datasets' : 'models'}/${name.owner}/${name.repo}/revision/${encodeURIComponent(revision)}?blobs=true`,
  );
  const watchdog = new Watchdog(timing.answer, signal);
  try {
    const answer = await repo.send({
      ...{ method: 'GET', url, endpoint: settings.endpoint, token: settings.token, signal: watchdog.signal },
    });
    const { response } = answer;
    if (!response.ok) {
      await discard(response);
      if (response.status !== 404) throw statusError(answer, what, repo, repo.page);
      throw new HubError(
        `there is no ${what} on ${url.host}, or it is private: check the name and what follows the @`,
        { fault: 'unknown' },
      );
    }
    return listingOf(parseJson(modelSchema, await textOf(response, what), url.href), url);
  } finally {
    watchdog.stop();
  }
}

async function textOf(response: Response, what: string): Promise<string> {
  const text = await response.text();
  if (text.length <= mostListing) return text;
  throw new HubError(
    `the list of files of ${what} has ${text.length} characters, at most ${mostListing} are read`,
    {
      fault: 'wrong',
    },
  );
}

function listingOf({ sha, siblings }: z.infer<typeof modelSchema>, url: URL): Listing {
  if (!isCommit(sha))
    throw new CardinalError(`${url.href}: sha: expected a commit, got ${JSON.stringify(sha)}`);
  const files = new Map<string, FileMetadata>();
  for (const { rfilename, size: own, blobId, lfs } of siblings) {
    const etag = lfs?.sha256 ?? blobId ?? undefined;
    // It becomes a file's name.
    if (etag === undefined || checksumOf(etag) === undefined) continue;
    files.set(rfilename, { commit: sha, etag: etag.toLowerCase(), size: lfs?.size ?? own ?? undefined });
  }
  return { commit: sha, files };
}

/** A listing as text for the cache. */
export function formatListing({ commit, files }: Listing): string {
  return JSON.stringify({
    commit,
    files: [...files].map(([name, { etag, size: bytes }]) => ({
      name,
      etag,
      ...(bytes === undefined ? {} : { size: bytes }),
    })),
  });
}

/** Reads it back. Throws a `CardinalError` if it is damaged. */
export function parseListing(text: string, source: string): Listing {
  const { commit, files } = parseJson(keptSchema, text, source);
  const entries = files
    .filter(({ etag }) => checksumOf(etag) !== undefined)
    .map(({ name, etag, size: bytes }) => [name, { commit, etag, size: bytes }] as const);
  return { commit, files: new Map(entries) };
}
