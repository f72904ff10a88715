import type { HubName } from './name.ts';
import type { HubSettings } from '../node/hub/settings.ts';
import type { HubTiming } from './timing.ts';

export interface HubProgress {
  /** The file's name in the repository. */
  readonly file: string;
  /** Bytes on the disk, those of earlier attempts included; falls when a server makes us begin again. */
  readonly received: number;
  /** Bytes of the whole file, if the server reports it. */
  readonly total: number | undefined;
}

/** What requests to a hub need to know of the repository they are about. */
export interface HubSource {
  readonly name: HubName;
  readonly settings: HubSettings;
  readonly timing: HubTiming;
  readonly signal: AbortSignal | undefined;
  /** Where a person reads about the repository. */
  readonly page: string;
  readonly onProgress: ((progress: HubProgress) => void) | undefined;
  /** Reports, in one line, what went wrong but was recovered from. */
  readonly warn: (message: string) => void;
  /** Free bytes on a folder's disk; the system's answer if undefined. */
  readonly freeBytes: ((folder: string) => Promise<number>) | undefined;
  fileUrl(file: string, revision: string): URL;
}
