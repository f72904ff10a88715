/** What has to be undone in the end: threads, locks, memory, files. */
export class Endings {
  readonly #steps: (() => unknown)[] = [];

  /** `end` may be called once only, at the end. */
  add(end: () => unknown): void {
    this.#steps.push(end);
  }

  /** Does all of it, what was added last first, and gives what was thrown on the way. */
  async run(): Promise<unknown[]> {
    const errors: unknown[] = [];
    for (const end of this.#steps.splice(0).toReversed()) {
      try {
        await end();
      } catch (error) {
        errors.push(error);
      }
    }
    return errors;
  }
}

/**
 * Does some work and then undoes what it says, all of it, whatever fails: a step that throws keeps none of the others from
 * being done. The first error is thrown, the work's own before any of the endings'; those that came after it are its `cause`.
 *
 *     await withEndings(async (endings) => {
 *       const lock = await lockFolder(path);
 *       endings.add(() => lock.release());
 *       …
 *     });
 */
export async function withEndings<T>(work: (endings: Endings) => Promise<T>): Promise<T> {
  const endings = new Endings();
  let outcome: { readonly value: T } | undefined;
  const errors: unknown[] = [];
  try {
    outcome = { value: await work(endings) };
  } catch (error) {
    errors.push(error);
  }
  for (const error of await endings.run()) errors.push(error);
  if (errors.length > 0 || outcome === undefined) throw firstOf(errors);
  return outcome.value;
}

/** `withEndings` of one step. */
export function withEnding<T>(end: () => unknown, work: () => Promise<T>): Promise<T> {
  return withEndings((endings) => {
    endings.add(end);
    return work();
  });
}

/** As `withEndings` for work whose result stays: what it says is undone only if it fails. */
export async function withUndo<T>(work: (undo: Endings) => Promise<T>): Promise<T> {
  const undo = new Endings();
  try {
    return await work(undo);
  } catch (error) {
    throw firstOf([error, ...(await undo.run())]);
  }
}

function firstOf([first, ...others]: readonly unknown[]): unknown {
  // An abort's reason is the caller's own and may be frozen; an error that has a cause keeps it.
  if (
    others.length > 0 &&
    first instanceof Error &&
    first.cause === undefined &&
    Object.isExtensible(first)
  ) {
    first.cause = others.length === 1 ? others[0] : new AggregateError(others, 'several things failed');
  }
  return first;
}
