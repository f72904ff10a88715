import { CardinalError, messageOf } from '../../base/errors.ts';

/**
 * The root of this site's private file system (OPFS). Throws a `CardinalError` of one line where a browser has none, or not all that
 * runs need of it, or does not give it to this window.
 */
export async function privateRoot(): Promise<FileSystemDirectoryHandle> {
  // Types promise what older browsers and pages without https do not have.
  const storage = navigator.storage as StorageManager | undefined;
  if (!isSecureContext || storage === undefined) {
    throw new CardinalError(
      'runs cannot be kept in this page: it came by plain http, and browsers give only secure pages a private file system; serve it by https, or from localhost',
    );
  }
  if (typeof (storage.getDirectory as unknown) !== 'function') {
    throw new CardinalError(
      'runs cannot be kept in this browser: it has no private file system (OPFS); use Chrome or Edge 102, Firefox 111 or Safari 15.2, or newer ones',
    );
  }
  try {
    return await storage.getDirectory();
  } catch (error) {
    throw new CardinalError(
      `runs cannot be kept here: the browser gives this window no private file system, as private windows and frames of other sites often have none (${messageOf(error)}); open the page in an ordinary window`,
      { cause: error },
    );
  }
}

/** Throws a `CardinalError` unless files can be written here. Only dedicated workers can. */
export function requireAccessHandles(): void {
  const handles = globalThis.FileSystemFileHandle as typeof FileSystemFileHandle | undefined;
  const methods = handles?.prototype as
    Partial<Record<'createSyncAccessHandle' | 'move', unknown>> | undefined;
  const missing = (['createSyncAccessHandle', 'move'] as const).find(
    (method) => typeof methods?.[method] !== 'function',
  );
  if (missing === undefined) return;
  throw new CardinalError(
    `runs cannot be kept here: files of the private file system cannot be written (no ${missing}), as only dedicated workers of newer browsers can; use Chrome or Edge 109, Firefox 111 or Safari 16.4, or newer ones`,
  );
}
