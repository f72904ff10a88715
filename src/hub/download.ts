import { checksumOf, type Checksum } from '../node/hub/checksum.ts';
import { Room } from './room.ts';
import { shortened } from '../base/quoted.ts';
import { bytes } from '../report/format.ts';
import { HubError } from './hub-error.ts';
import { discard, isPacked, sendRequest, show, unreachable, type HubAnswer } from '../node/hub/http.ts';
import type { FileMetadata } from '../node/hub/metadata.ts';
import { formatHubName } from './name.ts';
import { PartFile } from '../node/hub/part-file.ts';
import type { HubSource } from './source.ts';
import { statusError } from './status.ts';
import { PaceKeeper, Watchdog, withRetries } from './timing.ts';

/** A file that is to be downloaded. */
export interface Wanted {
  readonly file: string;
  readonly metadata: FileMetadata;
  /** Where unfinished bytes are kept, and found again. */
  readonly partPath: string;
  /** The finished file; it appears when everything is right. */
  readonly path: string;
  /** The most bytes that are taken. */
  readonly most: number;
}

/**
 * Downloads a file to the disk. A broken connection is taken up where it broke, with a new request to the hub each time,
 * because the addresses it redirects to expire. The request names a commit, whose files never change.
 */
export async function downloadBlob(repo: HubSource, wanted: Wanted): Promise<void> {
  const download = new Download(repo, wanted, await PartFile.open(wanted.partPath, repo.signal));
  try {
    await download.run();
  } finally {
    await download.part.close();
  }
}

class Download {
  readonly part: PartFile;
  readonly #repo: HubSource;
  readonly #wanted: Wanted;
  readonly #checksum: Checksum | undefined;
  readonly #room: Room;
  readonly #what: string;
  #size: number | undefined;
  /** Whether the part holds bytes that an earlier call left. */
  #inherited: boolean;
  /** What the server that gave the part's bytes calls this version of the file, if it names it for certain. */
  #validator: string | undefined;

  constructor(repo: HubSource, wanted: Wanted, part: PartFile) {
    const { etag, size, commit } = wanted.metadata;
    this.part = part;
    this.#repo = repo;
    this.#wanted = wanted;
    this.#checksum = checksumOf(etag);
    this.#what = formatHubName({ ...repo.name, revision: commit, file: wanted.file });
    this.#room = new Room(this.#what, wanted, repo.freeBytes);
    this.#size = size;
    this.#inherited = part.length > 0;
  }

  async run(): Promise<void> {
    const { part } = this;
    if (this.#size !== undefined) await this.#room.check(this.#size, part.length);
    // Only a hash can tell whether the bytes of an earlier call belong to the rest.
    const usable = this.#checksum !== undefined && this.#size !== undefined && part.length <= this.#size;
    if (!usable && part.length > 0) await this.#restart();
    await this.#receive();
    let other = await this.#otherChecksum();
    if (other !== undefined && this.#inherited) {
      this.#repo.warn(
        `what was left of an earlier download of ${this.#what} is damaged: downloading all of it`,
      );
      await this.#restart();
      await this.#receive();
      other = await this.#otherChecksum();
    }
    if (other !== undefined) {
      const { name, digits } = this.#checksum ?? {};
      await part.remove();
      throw new HubError(
        `${this.#what} arrived damaged: expected ${name} ${digits}, got ${other}; it was deleted, try again`,
        { fault: 'wrong' },
      );
    }
    if (this.#checksum === undefined) {
      this.#repo.warn(
        `${this.#what} could not be verified: ${this.#repo.settings.endpoint.host} gives no hash of it`,
      );
    }
    await part.finish(this.#wanted.path);
  }

  async #otherChecksum(): Promise<string | undefined> {
    return this.#checksum && this.part.otherChecksum(this.#checksum, this.#repo.signal);
  }

  async #restart(): Promise<void> {
    await this.part.restart();
    this.#inherited = false;
    this.#validator = undefined;
  }

  #receive(): Promise<void> {
    const { timing, signal } = this.#repo;
    return withRetries(() => this.#attempt(), {
      timing,
      signal,
      // Without a hash nothing of it is of use to a later call.
      received: () => (this.#checksum === undefined ? 0 : this.part.length),
    });
  }

  async #attempt(): Promise<void> {
    this.#report();
    if (this.#size !== undefined && this.part.length === this.#size) return;
    const { settings, timing, signal } = this.#repo;
    const watchdog = new Watchdog(timing.idle, signal);
    try {
      const answer = await sendRequest({
        method: 'GET',
        url: this.#repo.fileUrl(this.#wanted.file, this.#wanted.metadata.commit),
        endpoint: settings.endpoint,
        token: settings.token,
        headers: this.#rangeHeaders(),
        signal: watchdog.signal,
      });
      try {
        await this.#accept(answer);
        await this.#store(answer, watchdog);
      } finally {
        await discard(answer.response);
      }
    } finally {
      watchdog.stop();
    }
  }

  /**
   * Asks for what is missing. With a hash at the end, that is all; without one, the server must have the same version
   * still (`If-Range`, RFC 9110 section 13.1.5), or send all of it.
   */
  #rangeHeaders(): Record<string, string> {
    const have = this.part.length;
    if (have === 0) return {};
    const range = { range: `bytes=${have}-` };
    return this.#checksum === undefined && this.#validator !== undefined
      ? { ...range, 'if-range': this.#validator }
      : range;
  }

  /** Looks at the head of an answer. Returns if its body continues the part, after emptying that if it begins anew. */
  async #accept(answer: HubAnswer): Promise<void> {
    const { response, url } = answer;
    const { status, headers } = response;
    if (status === 206) {
      if (this.#continues(headers)) return;
      const range = shortened(headers.get('content-range') ?? 'of no name');
      const from = this.part.length;
      await this.#restart();
      throw new HubError(
        `${url.host} sent another part of ${this.#what}: expected bytes from ${from} on, got ${range}`,
        { fault: 'wrong', transient: true },
      );
    }
    if (status === 416) {
      await this.#restart();
      throw new HubError(`${url.host} does not have the rest of ${this.#what} (416)`, {
        fault: 'wrong',
        transient: true,
      });
    }
    if (status !== 200) {
      throw statusError(answer, this.#what, this.#repo);
    }
    this.#checkWhole(answer);
    if (this.part.length > 0) await this.#restart();
    const etag = headers.get('etag');
    this.#validator = etag?.startsWith('"') === true ? etag : undefined;
  }

  /** Whether a partial answer begins where the part ends and is of the same file. */
  #continues(headers: Headers): boolean {
    const match = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get('content-range') ?? '');
    if (match === null || this.part.length === 0 || isPacked(headers)) return false;
    const [, first, total] = match;
    return Number(first) === this.part.length && (total === '*' || Number(total) === this.#size);
  }

  /** Refuses an answer that cannot be the whole file before the part is given up for it. */
  #checkWhole({ response: { headers }, url }: HubAnswer): void {
    const type = headers.get('content-type') ?? '';
    if (/^text\/html\b/i.test(type) && !/\.html?$/i.test(this.#wanted.file)) {
      throw new HubError(
        `${show(url)} gives a web page, expected ${this.#what}: is there a login page or a proxy in between?`,
        { fault: 'wrong' },
      );
    }
    const length = headers.get('content-length');
    if (length === null || isPacked(headers)) return;
    if (this.#size !== undefined && Number(length) !== this.#size) {
      throw new HubError(
        `${url.host} offers ${length} bytes of ${this.#what}, expected ${this.#size}: try again later`,
        { fault: 'wrong', transient: true },
      );
    }
    this.#size = Number(length);
  }

  /** The most bytes that are taken; what is more is not written. */
  async #limit(): Promise<number> {
    if (this.#size === undefined) return this.#room.limit(this.part.length);
    await this.#room.check(this.#size, this.part.length);
    return this.#size;
  }

  async #store({ response, url }: HubAnswer, watchdog: Watchdog): Promise<void> {
    const { part } = this;
    const chunks = chunksOf(response, (error) => {
      const of = this.#size === undefined ? '' : ` of ${this.#size}`;
      return unreachable(url, error, `broke off after ${part.length}${of} bytes of ${this.#what}`);
    });
    const limit = await this.#limit();
    const pace = new PaceKeeper(this.#repo.timing);
    for await (const chunk of chunks) {
      watchdog.heard();
      if (part.length + chunk.length > limit) {
        await this.#restart();
        const what =
          this.#size === undefined
            ? `gives no length of ${this.#what} and sends more than the ${bytes(limit)} that are taken then`
            : `sends more than the ${limit} bytes of ${this.#what}`;
        throw new HubError(`${url.host} ${what}; what arrived was deleted, try again later`, {
          fault: 'wrong',
        });
      }
      await part.append(chunk);
      this.#report();
      const slow = pace.heard(chunk.length);
      if (slow !== undefined && part.length !== this.#size) {
        throw new HubError(
          `${url.host} sends ${this.#what} too slowly, ${slow.toFixed(1)} bytes a second: try again later`,
          { fault: 'unreachable', transient: true },
        );
      }
    }
    if (this.#size !== undefined && part.length < this.#size) {
      throw new HubError(
        `${url.host} ended ${this.#what} after ${part.length} bytes, expected ${this.#size}: try again`,
        { fault: 'wrong', transient: true },
      );
    }
  }

  #report(): void {
    this.#repo.onProgress?.({ file: this.#wanted.file, received: this.part.length, total: this.#size });
  }
}

/** The body of an answer, piece by piece. Only what the network does wrong becomes `asError`. */
async function* chunksOf(
  response: Response,
  asError: (error: unknown) => HubError,
): AsyncGenerator<Uint8Array> {
  if (response.body === null) return;
  try {
    for await (const chunk of response.body) yield chunk;
  } catch (error) {
    throw asError(error);
  }
}
