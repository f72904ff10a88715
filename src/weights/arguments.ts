import { described } from '../base/described.ts';
import { UsageError } from '../base/errors.ts';
import { isMap } from '../base/options.ts';
import { isShape } from '../base/tensor-data.ts';
import { isDtype } from './dtypes.ts';

/** Throws a `UsageError` unless it is a Map of an archive's entries by name: plain JavaScript may call with anything. */
export function checkEntries(what: string, tensors: unknown): void {
  checkNamed(what, tensors, "an archive's entries { dtype, shape, read }", (entry) => {
    const { dtype, shape, read }: Partial<Record<string, unknown>> = { ...(entry as object | undefined) };
    return typeof dtype === 'string' && isDtype(dtype) && isShape(shape) && typeof read === 'function';
  });
}

/** Throws a `UsageError` unless it is a Map of things with shapes by name: entries of an archive, or tensors. */
export function checkShapes(what: string, tensors: unknown): void {
  checkNamed(what, tensors, 'tensors, each with its shape,', (one) =>
    isShape(({ ...(one as object | undefined) } as Partial<Record<string, unknown>>)['shape']),
  );
}

/** Throws a `UsageError` unless it is what `openArchive` gives. */
export function checkArchive(what: string, archive: unknown): void {
  const given: Partial<Record<string, unknown>> = { ...(archive as object | undefined) };
  const maps = ['tensors', 'unreadable', 'objects'].every((part) => isMap(given[part]));
  if (!maps) {
    throw new UsageError(
      `${what}: expected the archive to be what openArchive gives once it is awaited, got ${described(archive)}`,
    );
  }
  checkEntries(what, given['tensors']);
}

function checkNamed(what: string, tensors: unknown, expected: string, is: (value: unknown) => boolean): void {
  if (!isMap(tensors)) {
    throw new UsageError(`${what}: expected a Map of ${expected} by name, got ${described(tensors)}`);
  }
  for (const [name, value] of tensors) {
    if (typeof name === 'string' && is(value)) continue;
    throw new UsageError(
      `${what}: expected ${expected} by name, got ${described(value)} for ${described(name)}`,
    );
  }
}
