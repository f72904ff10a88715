import { messageOf } from '../../base/errors.ts';

/** What a page's `navigator.storage` has and a worker's has not. */
interface PersistentStorage {
  persisted(): Promise<boolean>;
  persist(): Promise<boolean>;
}

/**
 * Asks the browser, on the page, to keep the files of this site until a person deletes them: otherwise it may delete them all when it
 * needs room. Some browsers ask the person, so this may take long; nothing has to wait for it. Returns one line for people if they are
 * not kept for certain, and never throws.
 */
export async function persistRuns(
  storage: Partial<PersistentStorage> | undefined = pageStorage(),
): Promise<string | undefined> {
  const advice = 'export what you want to keep (exportRun)';
  try {
    if ((await storage?.persisted?.()) === true) return undefined;
    const isKept = await storage?.persist?.();
    if (isKept === true) return undefined;
    const reason =
      isKept === undefined ? 'has nothing to forbid it' : 'was asked not to and did not promise it';
    return `the browser may delete the runs of this site when it needs room (it ${reason}): ${advice}`;
  } catch (error) {
    return `the browser may delete the runs of this site when it needs room (${messageOf(error)}): ${advice}`;
  }
}

/** Types of workers know no `persist`, and browsers give pages that came by plain http no storage at all. */
function pageStorage(): Partial<PersistentStorage> | undefined {
  return (navigator as { readonly storage?: Partial<PersistentStorage> }).storage;
}
