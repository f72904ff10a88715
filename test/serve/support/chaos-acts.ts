import type { Agent } from 'node:http';
import type { Worker } from 'node:worker_threads';

import type { Rng } from '../../../src/base/rng.ts';
import type { ServedModels } from '../../../src/serve/models/served-models.ts';
import type { World } from './chaos-world.ts';
import type { GrpcClient } from './grpc-client.ts';

/** A server, and what it takes to do something to it. */
export interface Arena {
  readonly world: World;
  readonly models: ServedModels;
  readonly port: number;
  readonly grpcPort: number;
  readonly agent: Agent;
  readonly grpc: GrpcClient;
  /** Versions that came into service, one after the other. */
  readonly versions: readonly string[];
  /** Threads that live. */
  readonly threads: ReadonlySet<Worker>;
  /** Does one after the other what would be in each other's way. */
  readonly inTurn: <T>(work: () => Promise<T>) => Promise<T>;
}

/** It was answered as it should be; or there was no place for it, and it is done again. */
export type Outcome = 'done' | 'refused';

export interface Act {
  readonly name: string;
  readonly count: number;
  /** Throws if it is not answered as it should be. What it draws is the same for the same seed, whatever is beside it. */
  readonly run: (arena: Arena, rng: Rng) => Promise<Outcome>;
}

export function pick<T>(rng: Rng, list: readonly T[]): T {
  return list[rng.int(list.length)];
}
