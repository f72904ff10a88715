import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createModel } from '../../src/models/index.ts';
import type { Blas } from '../../src/node/blas.ts';
import { pytorchParts } from '../../src/weights/pytorch/write.ts';
import { entriesOf } from '../../src/weights/safetensors.ts';
import type { Entrant } from '../compare/contender.ts';
import { nodeEntrant } from '../compare/entrants.ts';
import type { NetworkWork } from '../compare/work.ts';

/** How processes train: one by itself, several each by itself, or several together. */
type Way = 'one' | 'apart' | 'together';

/** Processes that train, each on one thread. */
export interface RanksEntrant extends Entrant {
  readonly ranks: number;
  readonly way: Way;
  readonly syncBatchNorm: boolean;
  /** What computes, in words: those of one are compared with its process by itself. */
  readonly engine: string;
}

interface Options {
  readonly blas: Blas | undefined;
  readonly folder: string;
}

const launchers = {
  MPICH: { command: 'mpirun.mpich', args: [], env: {} },
  'Open MPI': {
    command: 'mpirun.openmpi',
    args: ['--oversubscribe', '--quiet', '--bind-to', 'none'],
    env: { OMPI_ALLOW_RUN_AS_ROOT: '1', OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1' },
  },
} as const;

const [webAssembly, pyTorch] = ['Cardinal', 'PyTorch'] as const;

/**
 * Who is timed in turn with whom. All at once would not fit into the memory of a small machine: so those in WebAssembly with PyTorch, those
 * with a native library with PyTorch, and, if `four`, four ranks, apart and together.
 */
export async function scalingParts(work: NetworkWork, options: Options): Promise<RanksEntrant[][]> {
  const { blas, folder } = options;
  const weights = join(folder, `${work.id}.pth`);
  await writeFile(weights, pytorchParts(entriesOf(createModel(work.model).stateDict())));
  const peers = (part: number) => pyTorchRanks(work, weights, join(folder, `${work.id}-${part}`));
  return [
    [...cardinalRanks(work, webAssembly, false, folder), ...peers(0)],
    ...(blas === undefined
      ? []
      : [[...cardinalRanks(work, `${webAssembly} and ${blas.name}`, true, folder), ...peers(1)]]),
    (['apart', 'together'] as const).map((way) =>
      underMpi(work, { engine: webAssembly, blas: false, folder, ranks: 4, way, launcher: 'MPICH' }),
    ),
  ];
}

function cardinalRanks(work: NetworkWork, engine: string, blas: boolean, folder: string): RanksEntrant[] {
  const two = { engine, blas, folder, ranks: 2, launcher: 'MPICH' } as const;
  return [
    {
      ...{ name: `${engine}, 1 rank`, group: 'one', engine, ranks: 1, way: 'one', syncBatchNorm: true },
      ...nodeEntrant('../scaling/rank.ts', work, { blas, apart: false, syncBatchNorm: true, socket: '' }),
    },
    underMpi(work, { ...two, way: 'apart' }),
    underMpi(work, { ...two, way: 'together' }),
    underMpi(work, { ...two, way: 'together', syncBatchNorm: false }),
    underMpi(work, { ...two, way: 'together', launcher: 'Open MPI' }),
  ];
}

let jobs = 0;

function underMpi(
  work: NetworkWork,
  {
    engine,
    blas,
    folder,
    ranks,
    way,
    launcher,
    syncBatchNorm = true,
  }: {
    readonly engine: string;
    readonly blas: boolean;
    readonly folder: string;
    readonly ranks: number;
    readonly way: Way;
    readonly launcher: keyof typeof launchers;
    readonly syncBatchNorm?: boolean;
  },
): RanksEntrant {
  const { command, args, env } = launchers[launcher];
  const isApart = way === 'apart';
  const socket = join(folder, `ranks-${++jobs}`);
  const rank = nodeEntrant('../scaling/rank.ts', work, { blas, apart: isApart, syncBatchNorm, socket });
  const how = isApart ? 'apart' : `${launcher}${syncBatchNorm ? '' : ', --no-sync-bn'}`;
  return {
    ...{
      name: `${engine}, ${ranks} ranks ${isApart ? '' : 'under '}${how}`,
      engine,
      ranks,
      way,
      syncBatchNorm,
    },
    // Ranks apart compute what one does.
    group: isApart ? 'one' : `${ranks} ranks, ${syncBatchNorm}`,
    command,
    args: [...args, '-n', String(ranks), rank.command, ...rank.args],
    env,
  };
}

function pyTorchRanks(work: NetworkWork, weights: string, rendezvous: string): RanksEntrant[] {
  const script = fileURLToPath(new URL('../compare/pytorch.py', import.meta.url));
  return [
    { engine: pyTorch, channels_last: false },
    { engine: `${pyTorch}, channels last`, channels_last: true },
  ].flatMap(({ engine, channels_last }) =>
    [1, 2].map((ranks): RanksEntrant => {
      const options = {
        threads: 1,
        weights,
        channels_last,
        ranks,
        rendezvous: `${rendezvous}-${engine.length}`,
      };
      return {
        ...{ name: `${engine}, ${ranks === 1 ? '1 rank' : `${ranks} ranks (DDP, gloo)`}`, engine, ranks },
        ...{ way: ranks === 1 ? 'one' : 'together', syncBatchNorm: false },
        group: ranks === 1 ? 'one' : `${ranks} ranks, false`,
        command: '/usr/bin/python3',
        args: [script, JSON.stringify(work), JSON.stringify(options)],
      };
    }),
  );
}
