import { engine } from './engine.ts';

/**
 * Asks the browser to keep what this page writes until a person deletes it; of this machine's engine there is nothing to ask. Some browsers
 * ask the visitor, so it is done when there is something to keep, and nothing waits for it.
 */
export function keepFiles(): void {
  const state = engine.value;
  if (state.kind !== 'ready' || state.about.where !== 'page') return;
  const storage = navigator.storage as StorageManager | undefined;
  // A browser that does not promise it may still keep them.
  storage?.persist().catch(() => false);
}
