import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as z from 'zod/mini';
import { CardinalError, UsageError } from '../../../base/errors.ts';
import { isPathPart } from '../../../base/path-part.ts';
import { parseJson } from '../../../base/validate.ts';
import { expandBraces } from '../../../data/shards/braces.ts';
import { discard, show, type HubAnswer, type HubRequest } from '../../../hub/answer.ts';
import { download } from '../../../hub/download.ts';
import { faultOf, HubError } from '../../../hub/hub-error.ts';
import type { Downloads } from '../../../hub/source.ts';
import { statusError } from '../../../hub/status.ts';
import { usualTiming, Watchdog, withRetries } from '../../../hub/timing.ts';
import { makeFolder, readTextFile, writeFileAtomic } from '../../files.ts';
import { lockDownload } from '../../hub/blob-lock.ts';
import { diskSpace } from '../../hub/disk-space.ts';
import { sendRequest, unreachable } from '../../hub/http.ts';
import { PartFile } from '../../hub/part-file.ts';
import type { HubOptions } from '../../hub/repo.ts';
import { cacheFolder } from './cache-folder.ts';
import { bySplit } from './find-shards.ts';
import type { OpenShards } from './open-shards.ts';

/**
 * Archives at an address with braces, `https://host/train-{000000..000019}.tar`, in the cache: each is downloaded once, as long as the
 * server says that it is what it was. Names of classes that lie beside them come along. Throws a `CardinalError` of one line.
 */
export async function fetchTars(address: string, downloads: HubOptions): Promise<OpenShards> {
  const urls = expandBraces(address).map((text) => urlOf(text, address));
  const paths: string[] = [];
  for (const url of urls) paths.push(await fetchFile(url, downloads));
  for (const beside of ['shards.json', 'classes.json', 'classes.txt']) {
    const url = new URL(urls[0]);
    url.pathname = url.pathname.replace(/[^/]*$/, beside);
    const found = await fetchFile(url, downloads, mostBeside).catch((error: unknown) => {
      // Many servers answer so for what they have not.
      if (['absent', 'denied'].includes(faultOf(error) ?? '')) return undefined;
      throw error;
    });
    if (found !== undefined) break;
  }
  return { path: address, splits: bySplit(paths), isWhole: false };
}

/** The largest archives have some GiB; files of names some MiB. In bytes. */
const mostTar = 2 ** 38;
const mostBeside = 2 ** 24;

function urlOf(text: string, address: string): URL {
  if (!URL.canParse(text))
    throw new UsageError(`${address}: expected the address of tar archives, got ${text}`);
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') {
    throw new UsageError(`${show(url)}: an address with a user or a password is not used`);
  }
  const name = nameOf(url);
  if (!isPathPart(name) || !/\.tar$/i.test(name)) {
    throw new UsageError(`${show(url)}: expected the address of a tar archive, which ends in .tar`);
  }
  return url;
}

function nameOf(url: URL): string {
  const last = basename(url.pathname);
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}

/** What a server says of a file, by which it is known again. */
const markSchema = z.object({
  url: z.string(),
  size: z.nullable(z.int()),
  etag: z.nullable(z.string()),
  modified: z.nullable(z.string()),
});
type Mark = z.infer<typeof markSchema>;

/** A file of the web in the cache. Throws a `HubError`. */
async function fetchFile(url: URL, options: HubOptions, most = mostTar): Promise<string> {
  const folder = join(
    cacheFolder(options.env),
    'shards',
    createHash('sha256').update(new URL('.', url).href).digest('hex').slice(0, 32),
  );
  const path = join(folder, nameOf(url));
  const kept = `${path}.mark`;
  const known = await readMark(kept, url, path);
  const from = downloadsFrom(url, options);
  let mark: Mark;
  try {
    mark = await withRetries(() => ask(url, from), {
      ...{ timing: from.timing, signal: options.signal },
      ...(known === undefined ? {} : { tries: 1 }),
    });
  } catch (error) {
    options.signal?.throwIfAborted();
    if (known === undefined || faultOf(error) !== 'unreachable') throw error;
    return path;
  }
  const text = JSON.stringify(mark);
  const isDone = async (): Promise<boolean> => JSON.stringify(await readMark(kept, url, path)) === text;
  if (await isDone()) return path;
  await makeFolder(folder);
  const partPath = `${path}.cardinal.incomplete`;
  const lock = await lockDownload(`${path}.lock`, {
    ...{ timing: from.timing, signal: options.signal, isDone },
    measure: () => sizeOf(partPath).then((size) => size ?? 0),
    onWait: () => options.onWarning?.(`another process downloads ${show(url)}: waiting for it`),
  });
  if (lock === 'done') return path;
  if (lock === 'stuck') {
    throw new CardinalError(
      `another process downloads ${show(url)} and does not get on: end it, or try again later`,
    );
  }
  try {
    const part = await PartFile.open(partPath, options.signal);
    try {
      const what = show(url);
      const wanted = {
        file: nameOf(url),
        what,
        url,
        page: what,
        most,
        space: diskSpace(folder, options.freeBytes),
      };
      // No hash: a server's ETag is any text.
      await download(from, { ...wanted, metadata: { etag: '', size: mark.size ?? undefined } }, part);
      await part.finish(path);
    } finally {
      await part.close();
    }
    await writeFileAtomic(kept, text);
  } finally {
    await lock.release();
  }
  return path;
}

/** What is kept of a file, if the file is there as it says. */
async function readMark(kept: string, url: URL, path: string): Promise<Mark | undefined> {
  try {
    const mark = parseJson(markSchema, await readTextFile(kept, 65_536), kept);
    const size = await sizeOf(path);
    return mark.url === url.href && size !== undefined && size === (mark.size ?? size) ? mark : undefined;
  } catch {
    return undefined;
  }
}

function sizeOf(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ size }) => size,
    () => undefined,
  );
}

function downloadsFrom(url: URL, options: HubOptions): Downloads {
  return {
    settings: { endpoint: new URL(url.origin), token: undefined },
    timing: { ...usualTiming, ...options.timing },
    signal: options.signal,
    onProgress: options.onProgress,
    // That no hash is known of it goes without saying here.
    warn: () => undefined,
    send: (request: HubRequest): Promise<HubAnswer> => sendRequest(request),
    unreachable,
    words: { token: 'a token, which is for the hub alone', endpoint: 'the address and the proxy' },
  };
}

async function ask(url: URL, from: Downloads): Promise<Mark> {
  const watchdog = new Watchdog(from.timing.answer, from.signal);
  try {
    const answer = await sendRequest({
      ...{ method: 'HEAD', url, endpoint: from.settings.endpoint, token: undefined, signal: watchdog.signal },
    });
    const { response } = answer;
    await discard(response);
    if (response.status === 404 || response.status === 410) {
      throw new HubError(`there is no ${show(url)} (${response.status})`, { fault: 'absent' });
    }
    if (!response.ok) throw statusError(answer, show(url), from, show(url));
    const { headers } = response;
    return {
      ...{ url: url.href, size: answer.length ?? null },
      ...{ etag: headers.get('etag'), modified: headers.get('last-modified') },
    };
  } finally {
    watchdog.stop();
  }
}
