/**
 * What the build uses of AssemblyScript's compiler. Its own declarations also declare the language's built-ins, whose
 * `Array.at` never gives `undefined`, for the whole project; `paths` in tsconfig.json puts this in their place.
 */
declare const asc: {
  main(
    args: readonly string[],
    options: { readonly stderr?: { write(text: string): unknown } },
  ): Promise<{ readonly error: Error | null }>;
};

export default asc;
