/**
 * How a kernel's arguments are defined. Each kernel has one definition in this folder, and both sides use it: a lowering writes
 * arguments by name (`call` in `call.ts`), and the kernel reads them by name, from a class that `scripts/build-kernels.ts`
 * generates. In memory arguments are 32-bit words in the order of the fields.
 *
 * These files run as they are in the build of the kernels: they import nothing outside this folder.
 */

/**
 * How a field lies in memory, in AssemblyScript's terms; a `bool` is a word of 1 or 0. An `f64` takes two words and need not be
 * aligned. `i32[]` are as many words as there are numbers, behind all other fields.
 */
export type WordType = 'i32' | 'bool' | 'usize' | 'f32' | 'f64' | 'i32[]';

/** One argument, for which a lowering gives a `T`. */
export interface Field<T, W extends WordType = WordType> {
  readonly type: W;
  readonly meaning: string;
  /** Absent: a count, an index, or no quantity at all. */
  readonly unit: string | undefined;
  /** The words that hold `value`; where they are read as a float, its bits. */
  toWords(value: T): readonly number[];
}

/** Any field: what it takes is known where its definition is. */
export type AnyField = Field<never>;

export type Fields = Readonly<Record<string, AnyField>>;

/** What a lowering gives: a value for each field. */
export type Values<F extends Fields> = {
  readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never;
};

/** A kernel by its exported name, and its arguments in the order in which they lie. */
export interface KernelArgs<F extends Fields = Fields> {
  readonly kernel: string;
  readonly fields: F;
  /** A kernel whose arguments these begin with. */
  readonly base: KernelArgs | undefined;
}

/* @__NO_SIDE_EFFECTS__ */
export function kernelArgs<const F extends Fields>(kernel: string, fields: F): KernelArgs<F> {
  return { kernel, fields, base: undefined };
}

/** The arguments of a kernel that are those of `base` and then some, so that code which reads `base`'s reads them as well. */
/* @__NO_SIDE_EFFECTS__ */
export function extendArgs<B extends Fields, const F extends Fields>(
  base: KernelArgs<B>,
  kernel: string,
  fields: F,
): KernelArgs<B & F> {
  return { kernel, fields: { ...base.fields, ...fields }, base };
}

/** An integer: a size, a count, an index. */
/* @__NO_SIDE_EFFECTS__ */
export function int(meaning: string, unit?: string): Field<number, 'i32'> {
  return { type: 'i32', meaning, unit, toWords: (value) => [value] };
}

/** Whether something is so. */
/* @__NO_SIDE_EFFECTS__ */
export function flag(meaning: string): Field<boolean, 'bool'> {
  return { type: 'bool', meaning, unit: undefined, toWords: (value) => [value ? 1 : 0] };
}

/** Where something lies: an absolute byte offset in the program's memory. */
/* @__NO_SIDE_EFFECTS__ */
export function pointer(meaning: string): Field<number, 'usize'> {
  return { type: 'usize', meaning, unit: undefined, toWords: (value) => [value] };
}

/** Where something lies that may be absent: then it is 0. */
/* @__NO_SIDE_EFFECTS__ */
export function optionalPointer(meaning: string): Field<number | undefined, 'usize'> {
  const meaningOf = `${meaning}; 0 if there is none`;
  return { type: 'usize', meaning: meaningOf, unit: undefined, toWords: (value) => [value ?? 0] };
}

/** A single-precision number. */
/* @__NO_SIDE_EFFECTS__ */
export function f32(meaning: string, unit?: string): Field<number, 'f32'> {
  return { type: 'f32', meaning, unit, toWords: (value) => bitsOf(Float32Array.of(value)) };
}

/** A double: for what a kernel subtracts from 1, say, of which single precision would leave few digits. */
/* @__NO_SIDE_EFFECTS__ */
export function f64(meaning: string, unit?: string): Field<number, 'f64'> {
  return { type: 'f64', meaning, unit, toWords: (value) => bitsOf(Float64Array.of(value)) };
}

function bitsOf({ buffer }: Float32Array | Float64Array): readonly number[] {
  return [...new Int32Array(buffer)];
}

/** Integers, as many as there are: the last field. A kernel has the address of the first. */
/* @__NO_SIDE_EFFECTS__ */
export function list(meaning: string, unit?: string): Field<readonly number[], 'i32[]'> {
  return { type: 'i32[]', meaning, unit, toWords: (values) => values };
}

/** Single-precision numbers, as many as there are: the last field. A kernel has the address of the first. */
/* @__NO_SIDE_EFFECTS__ */
export function floats(meaning: string, unit?: string): Field<readonly number[], 'i32[]'> {
  return { type: 'i32[]', meaning, unit, toWords: (values) => bitsOf(Float32Array.from(values)) };
}

/** Words in front of each field of a kernel's arguments. */
export function indexOfFields({ fields }: Pick<KernelArgs, 'fields'>): ReadonlyMap<string, number> {
  let next = 0;
  return new Map(
    Object.entries(fields).map(([name, { type }]) => {
      const index = next;
      next += type === 'i32[]' ? Infinity : type === 'f64' ? 2 : 1;
      if (index === Infinity) throw new Error(`${name} follows a list, which must be the last field`);
      return [name, index];
    }),
  );
}

/** The arguments of one call as they lie in memory. */
export function toWords<F extends Fields>({ fields }: KernelArgs<F>, values: Values<F>): readonly number[] {
  // `Values` has what each field takes under its name, which the type of the entries no longer says.
  return Object.entries(fields).flatMap(([name, field]) => field.toWords(values[name] as never));
}
