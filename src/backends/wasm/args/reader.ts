import { indexOfFields, type AnyField, type Fields, type KernelArgs } from './definition.ts';

/** What a kernel that is written in JavaScript reads: whether, or a number, by the field's name. */
export type Reading<F extends Fields> = {
  readonly [K in keyof F]: F[K] extends { readonly type: 'bool' } ? boolean : number;
};

/**
 * Reads a kernel's arguments where they lie. It allocates nothing: what it gives is the same object every time, and stands for the
 * arguments at the address last asked for. A property takes as long as the word that it reads.
 */
export function argsReader<F extends Fields>(
  definition: KernelArgs<F>,
  { buffer }: WebAssembly.Memory,
): (address: number) => Reading<F> {
  const words = new Int32Array(buffer);
  // Getters of a class and not of the object itself: engines inline those.
  class Args {
    first = 0;
  }
  for (const [name, index] of indexOfFields(definition)) {
    Object.defineProperty(Args.prototype, name, { get: getterOf(definition.fields[name], words, index) });
  }
  const args = new Args();
  return (address) => {
    args.first = address >>> 2;
    return args as unknown as Reading<F>;
  };
}

/** A function of its own for each type, so that none has to ask. */
function getterOf({ type }: AnyField, words: Int32Array, index: number) {
  interface At {
    readonly first: number;
  }
  switch (type) {
    case 'i32':
      return function (this: At) {
        return words[this.first + index];
      };
    case 'bool':
      return function (this: At) {
        return words[this.first + index] !== 0;
      };
    case 'usize':
      return function (this: At) {
        return words[this.first + index] >>> 0;
      };
    default:
      throw new Error(`no kernel in JavaScript reads an ${type} yet`);
  }
}
