type Call<T> = readonly [name: string, call: () => T, message: RegExp];

export const calls: readonly Call<unknown>[];
export const promises: readonly Call<Promise<unknown>>[];
export const callables: readonly (readonly [name: string, call: (...given: readonly unknown[]) => unknown])[];
export const mistakes: readonly (readonly unknown[])[];
