/** What is used of koffi. Its own types are not taken, so that all builds where this optional dependency is left out. */
export interface Koffi {
  /** Without a path: what the process itself has loaded. */
  load(path: string | null): { func(definition: string): (...args: unknown[]) => unknown };
  /** Of the last call on this thread. */
  errno(): number;
  address(bytes: Uint8Array): bigint | number;
}

/** Throws if koffi, which calls native libraries, is not installed. */
export async function loadKoffi(): Promise<Koffi> {
  const name = 'koffi';
  return ((await import(name)) as { readonly default: Koffi }).default;
}
