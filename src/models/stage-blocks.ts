import { UsageError } from '../base/errors.ts';

/** The blocks of each stage, of a network whose depth alone does not tell them. Throws a `UsageError` for a number. */
export function stageBlocks(
  name: string,
  layers: number | readonly number[],
  usual: readonly number[],
): readonly number[] {
  if (typeof layers !== 'number') return layers;
  throw new UsageError(
    `${name}: expected layers to be the blocks of each stage such as ${usual.join()}, got ${layers}`,
  );
}
