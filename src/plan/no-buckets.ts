/** Stands for `buckets.ts` in the engine of a page that trains: it is the only rank, and adds nothing up. */
import type { Node } from '../graph/node.ts';
import type { Bucket } from './buckets.ts';

export const usualBucketBytes = 0;

export function recordBuckets(): readonly Bucket[] {
  return [];
}

export function recordBucket(): Bucket {
  throw new Error('never');
}

export function asDone(): readonly [] {
  return [];
}

export function startingWhenFull(nodes: readonly Node[]): readonly Node[] {
  return nodes;
}

export function waitingBeforeUse(nodes: readonly Node[]): readonly Node[] {
  return nodes;
}
