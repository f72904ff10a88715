/** What is used of koffi. Its own types are not taken, so that all builds where this optional dependency is left out. */
export interface Koffi {
  /** Without a path: what the process itself has loaded. `global`: libraries that are loaded later find its symbols, too. */
  load(path: string | null, options?: { readonly global?: boolean }): NativeLibrary;
  /** Of the last call on this thread. */
  errno(): number;
  address(bytes: Uint8Array | Float32Array | Int32Array): bigint | number;
}

export type NativeFunction = (...args: unknown[]) => unknown;

export interface NativeLibrary {
  /** Throws if the library has no such function. */
  func(definition: string): NativeFunction;
  /** The address of a variable. Throws if the library has none of that name. */
  symbol(name: string): bigint;
}

/** Throws if koffi, which calls native libraries, is not installed. */
export async function loadKoffi(): Promise<Koffi> {
  const name = 'koffi';
  return ((await import(name)) as { readonly default: Koffi }).default;
}
