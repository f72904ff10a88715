import { locateWeights } from '../../../src/web/hub/locate.ts';
import type { HubProgress } from '../../../src/hub/source.ts';
import { sha256 } from '../../../src/weights/digest.ts';

/** What a test asks for. */
export interface Asked {
  readonly id: number;
  readonly name: string;
  readonly endpoint: string;
  readonly token?: string;
  /** Bytes after which the download is called off. */
  readonly cancelAt?: number;
  /** Whether nothing can be kept, as in some private windows. */
  readonly keepsNothing?: boolean;
}

/** What came of it. */
export interface Located {
  readonly id: number;
  readonly error?: { readonly name: string; readonly message: string };
  readonly size?: number;
  readonly sum?: string;
  readonly known?: object;
  readonly progress: readonly HubProgress[];
  readonly warnings: readonly string[];
}

/** A sum of the bytes is told of files that are so small. */
const smallBytes = 2 ** 20;
const { storage } = navigator;
const getDirectory = storage.getDirectory.bind(storage);

self.onmessage = async ({ data: asked }: MessageEvent<Asked>) => {
  const progress: HubProgress[] = [];
  const warnings: string[] = [];
  const told = (): Pick<Located, 'id' | 'progress' | 'warnings'> => ({ id: asked.id, progress, warnings });
  const controller = new AbortController();
  storage.getDirectory =
    asked.keepsNothing === true
      ? () => Promise.reject(new DOMException('The operation is insecure.', 'SecurityError'))
      : getDirectory;
  try {
    const { source, known } = await locateWeights(asked.name, {
      endpoint: asked.endpoint,
      token: asked.token,
      signal: controller.signal,
      timing: { backoff: () => 1 },
      onWarning: (warning) => warnings.push(warning),
      onProgress: (step) => {
        progress.push(step);
        console.log(`received ${step.received}`);
        if (step.received >= (asked.cancelAt ?? Infinity)) controller.abort(new Error('changed my mind'));
      },
    });
    const { size } = source;
    const sum = size > smallBytes ? '' : await sha256(await source.read(0, size));
    self.postMessage({ ...told(), size, sum, known });
  } catch (error) {
    const { name, message } = error as Error;
    self.postMessage({ ...told(), error: { name, message } });
  }
};
