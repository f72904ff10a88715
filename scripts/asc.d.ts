/**
 * What is used of AssemblyScript's compiler. Its own declarations also declare the language's built-ins, whose
 * `Array.at` never gives `undefined`, for the whole project; `paths` in tsconfig.json puts this in their place.
 */
declare const asc: {
  main(
    args: readonly string[],
    options: {
      readonly stderr?: { write(text: string): unknown };
      /** Files by their name, if not those on the disk; null for one that is not there. */
      readonly readFile?: (name: string) => string | null;
      readonly writeFile?: (name: string, contents: Uint8Array<ArrayBuffer> | string) => void;
      readonly listFiles?: (folder: string) => readonly string[];
    },
  ): Promise<{ readonly error: Error | null }>;
};

export default asc;
