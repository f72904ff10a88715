import type { LeftOut } from '../left-out.ts';
import type { ShardMembers } from '../picture-source.ts';

/** What an archive holds: where its pictures are, and their classes. */
export interface ShardIndex {
  readonly members: Omit<ShardMembers, 'starts'>;
  /** The number of each picture's class, or its place in `names`. */
  readonly labels: Int32Array;
  /** Names of classes, in the order in which they come; undefined if classes are numbers. */
  readonly names: readonly string[] | undefined;
  /** What is no picture, or has no class, by its name in the archive. */
  readonly leftOut: readonly LeftOut[];
}
