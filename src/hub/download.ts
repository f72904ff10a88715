import { shortened } from '../base/quoted.ts';
import { bytes } from '../report/format.ts';
import { discard, isPacked, show, type HubAnswer } from './answer.ts';
import { checksumOf, type Checksum } from './checksum.ts';
import { HubError } from './hub-error.ts';
import { Room, type Space } from './room.ts';
import type { Downloads, FileMetadata } from './source.ts';
import { statusError } from './status.ts';
import { PaceKeeper, Watchdog, withRetries } from './timing.ts';

/** A file that is to be downloaded. */
export interface Wanted {
  /** For progress. */
  readonly file: string;
  /** What messages call it. */
  readonly what: string;
  readonly url: URL;
  /** Where a person reads about it. */
  readonly page: string;
  /** Its checksum, if the name is one, and its size. */
  readonly metadata: Pick<FileMetadata, 'etag' | 'size'>;
  /** The most bytes that are taken. */
  readonly most: number;
  readonly space: Space;
}

/** The first part of a file that is being downloaded. It may have been left by an earlier download, to be gone on from. */
export interface Part {
  /** Bytes that are there. */
  readonly length: number;
  append(chunk: Uint8Array): Promise<void>;
  /** Throws away what is there. */
  restart(): Promise<void>;
  /** What everything that is there has instead of a checksum, in hexadecimal digits; undefined if it is what is promised. */
  otherChecksum(checksum: Checksum, signal?: AbortSignal): Promise<string | undefined>;
  remove(): Promise<void>;
}

/**
 * Downloads the rest of a file and verifies all of it. A broken connection is taken up where it broke, with a new request to the hub
 * each time, because the addresses it redirects to expire. The request names a commit, whose files never change.
 */
export async function download(from: Downloads, wanted: Wanted, part: Part): Promise<void> {
  await new Download(from, wanted, part).run();
}

class Download {
  readonly #part: Part;
  readonly #from: Downloads;
  readonly #wanted: Wanted;
  readonly #checksum: Checksum | undefined;
  readonly #room: Room;
  readonly #what: string;
  #size: number | undefined;
  /** For progress, where the size is not known for certain. */
  #likelySize: number | undefined;
  /** Whether the part holds bytes that an earlier call left. */
  #inherited: boolean;
  /** What the server that gave the part's bytes calls this version of the file, if it names it for certain. */
  #validator: string | undefined;

  constructor(from: Downloads, wanted: Wanted, part: Part) {
    const { etag, size } = wanted.metadata;
    this.#part = part;
    this.#from = from;
    this.#wanted = wanted;
    this.#checksum = checksumOf(etag);
    this.#what = wanted.what;
    this.#room = new Room(wanted.what, wanted.most, wanted.space);
    this.#size = size;
    this.#inherited = part.length > 0;
  }

  async run(): Promise<void> {
    const part = this.#part;
    if (this.#size !== undefined) await this.#room.check(this.#size, part.length);
    // Only a hash can tell whether the bytes of an earlier call belong to the rest.
    const usable = this.#checksum !== undefined && this.#size !== undefined && part.length <= this.#size;
    if (!usable && part.length > 0) await this.#restart();
    await this.#receive();
    let other = await this.#otherChecksum();
    if (other !== undefined && this.#inherited) {
      this.#from.warn(
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
      this.#from.warn(
        `${this.#what} could not be verified: ${this.#from.settings.endpoint.host} gives no hash of it`,
      );
    }
  }

  async #otherChecksum(): Promise<string | undefined> {
    return this.#checksum && this.#part.otherChecksum(this.#checksum, this.#from.signal);
  }

  async #restart(): Promise<void> {
    await this.#part.restart();
    this.#inherited = false;
    this.#validator = undefined;
  }

  #receive(): Promise<void> {
    const { timing, signal } = this.#from;
    return withRetries(() => this.#attempt(), {
      timing,
      signal,
      // Without a hash nothing of it is of use to a later call.
      received: () => (this.#checksum === undefined ? 0 : this.#part.length),
    });
  }

  async #attempt(): Promise<void> {
    this.#report();
    if (this.#size !== undefined && this.#part.length === this.#size) return;
    const { settings, timing, signal } = this.#from;
    const watchdog = new Watchdog(timing.idle, signal);
    try {
      const answer = await this.#from.send({
        method: 'GET',
        url: this.#wanted.url,
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
    const have = this.#part.length;
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
      if (this.#continues(answer)) return;
      const range = shortened(headers.get('content-range') ?? 'of no name');
      const from = this.#part.length;
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
      throw statusError(answer, this.#what, this.#from, this.#wanted.page);
    }
    this.#checkWhole(answer);
    if (this.#part.length > 0) await this.#restart();
    this.#validator = answer.validator;
  }

  /** Whether a partial answer begins where the part ends and is of the same file. */
  #continues({ response: { headers }, hidesHeaders }: HubAnswer): boolean {
    // What is hidden, the checksum tells in the end.
    if (hidesHeaders && !headers.has('content-range')) return this.#checksum !== undefined;
    const match = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get('content-range') ?? '');
    if (match === null || this.#part.length === 0 || isPacked(headers)) return false;
    const [, first, total] = match;
    return Number(first) === this.#part.length && (total === '*' || Number(total) === this.#size);
  }

  /** Refuses an answer that cannot be the whole file before the part is given up for it. */
  #checkWhole({ response: { headers }, url, length, likelyLength }: HubAnswer): void {
    const type = headers.get('content-type') ?? '';
    if (/^text\/html\b/i.test(type) && !/\.html?$/i.test(this.#wanted.file)) {
      throw new HubError(
        `${show(url)} gives a web page, expected ${this.#what}: is there a login page or a proxy in between?`,
        { fault: 'wrong' },
      );
    }
    this.#likelySize = likelyLength;
    if (length === undefined) return;
    if (this.#size !== undefined && length !== this.#size) {
      throw new HubError(
        `${url.host} offers ${length} bytes of ${this.#what}, expected ${this.#size}: try again later`,
        { fault: 'wrong', transient: true },
      );
    }
    this.#size = length;
  }

  /** The most bytes that are taken; what is more is not written. */
  async #limit(): Promise<number> {
    if (this.#size === undefined) return this.#room.limit(this.#part.length);
    await this.#room.check(this.#size, this.#part.length);
    return this.#size;
  }

  async #store({ response, url }: HubAnswer, watchdog: Watchdog): Promise<void> {
    const part = this.#part;
    const chunks = chunksOf(response, (error) => {
      const of = this.#size === undefined ? '' : ` of ${this.#size}`;
      return this.#from.unreachable(url, error, `broke off after ${part.length}${of} bytes of ${this.#what}`);
    });
    const limit = await this.#limit();
    const pace = new PaceKeeper(this.#from.timing);
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
    this.#from.onProgress?.({
      file: this.#wanted.file,
      received: this.#part.length,
      total: this.#size ?? this.#likelySize,
    });
  }
}

/** The body of an answer, piece by piece. Only what the network does wrong becomes `asError`. */
async function* chunksOf(
  response: Response,
  asError: (error: unknown) => HubError,
): AsyncGenerator<Uint8Array> {
  if (response.body === null) return;
  // Not every browser iterates over streams.
  const reader = response.body.getReader();
  try {
    for (;;) {
      const next = await reader.read().catch((error: unknown) => {
        throw asError(error);
      });
      if (next.done) return;
      yield next.value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
    reader.releaseLock();
  }
}
