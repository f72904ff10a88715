import type { HubAnswer, HubRequest } from './answer.ts';
import type { HubError } from './hub-error.ts';
import type { HubName } from './name.ts';
import type { HubTiming } from './timing.ts';

export interface HubProgress {
  /** The file's name in the repository. */
  readonly file: string;
  /** Bytes that are kept, those of earlier attempts included; falls when a server makes us begin again. */
  readonly received: number;
  /** Bytes of the whole file, if the server reports it. */
  readonly total: number | undefined;
}

/** What the hub reports on a file before it is downloaded. */
export interface FileMetadata {
  /** The commit that the revision stands for. */
  readonly commit: string;
  /** The blob's name in the cache: the SHA-256 of large files, Git's own hash of small ones. */
  readonly etag: string;
  /** In bytes, if the server reports it. */
  readonly size: number | undefined;
}

/** Where a hub is, and who asks. */
export interface HubAccess {
  /** Without a slash at its end. */
  readonly endpoint: URL;
  readonly token: string | undefined;
}

/** What requests to a hub, or to any other server of weights, need of the platform and of whoever asks. */
export interface Downloads {
  readonly settings: HubAccess;
  readonly timing: HubTiming;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((progress: HubProgress) => void) | undefined;
  /** Reports, in one line, what went wrong but was recovered from. */
  readonly warn: (message: string) => void;
  /** Sends a request and follows redirects. Throws a `HubError` if no answer comes. */
  send(request: HubRequest): Promise<HubAnswer>;
  /** What to say of an answer that did not come, or broke off. */
  unreachable(url: URL, error: unknown, when?: string): HubError;
  /** What a person sets a token with, and what to check if an answer is no hub's. */
  readonly words: { readonly token: string; readonly endpoint: string };
}

/** What requests to a hub need to know of the repository they are about. */
export interface HubSource extends Downloads {
  readonly name: HubName;
  /** Where a person reads about the repository. */
  readonly page: string;
  fileUrl(file: string, revision: string): URL;
}
