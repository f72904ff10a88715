import { CardinalError } from '../../base/errors.ts';
import { unreachable } from '../load-failure.ts';

/** What the build makes of `import('…')` in the script that trains: see `scripts/split.ts`. */
interface AskingForMore {
  cardinalMore?: (part: string) => Promise<unknown>;
}

/** Says where this engine finds what it does not always need. Until then it has none of it. */
export function findMore(url: () => string): void {
  (globalThis as AskingForMore).cardinalMore = async (part) => {
    const script = url();
    try {
      const parts = (await import(/* @vite-ignore */ /* webpackIgnore: true */ script)) as Readonly<
        Record<string, unknown>
      >;
      return parts[part];
    } catch (error) {
      throw new CardinalError(
        `${script}, a part of the engine, cannot be loaded, or is of another build: ${unreachable(error)}`,
        { cause: error },
      );
    }
  };
}
