import { CardinalError } from '../../base/errors.ts';
import { blasInfo, blasInstallation, type BlasInfo } from '../../node/blas.ts';
import { capabilities, type Capabilities } from '../../node/capabilities.ts';
import { multiplyAddInWords } from '../../backends/backend.ts';
import { kernelBuildInWords, multiplyAddOf, type KernelBuild } from '../../backends/wasm/builds.ts';
import { loadKernels } from '../../node/kernels.ts';
import { asRank } from '../../node/mpi/as-rank.ts';
import { mpiInfo, type MpiInfo } from '../../node/mpi/info.ts';
import { bytes, digits3 } from '../../report/format.ts';
import { pc } from '../output/colours.ts';
import { print, printJson } from '../output/print.ts';
import { alignColumns } from '../output/table.ts';

type Found = Capabilities & {
  readonly blas: BlasInfo | null;
  /** Why the library that `CARDINAL_BLAS` names cannot be used, which makes every command that computes fail. */
  readonly blasProblem: string | null;
  readonly mpi: MpiInfo;
  /** Why no kernels can be loaded although the engine could run them; the same of these. */
  readonly kernelsProblem: string | null;
};

/** Flags of `cardinal doctor`. */
export interface DoctorFlags {
  readonly json: boolean;
}

/**
 * `cardinal doctor`: what this machine offers and what is used of it; exit code 1 if something that should work does not. Of ranks that mpirun
 * started, the first prints, and all measure how fast they exchange.
 */
export async function doctor(flags: DoctorFlags): Promise<void> {
  await asRank(async (communicator) => {
    const mpi = await mpiInfo(communicator);
    if (communicator === undefined || communicator.rank === 0) await report(mpi, flags);
  });
}

async function report(mpi: MpiInfo, { json }: DoctorFlags): Promise<void> {
  const native = await blasInfo().then(
    (blas) => ({ blas, blasProblem: null }),
    (error: unknown) => {
      if (!(error instanceof CardinalError)) throw error;
      return { blas: null, blasProblem: error.message };
    },
  );
  const found = { ...(await withKernels(capabilities())), ...native, mpi };
  if (json) printJson(found);
  else print(lines(found, await blasInstallation()));
  if (found.blasProblem !== null || found.kernelsProblem !== null || mpi.problem !== null)
    process.exitCode = 1;
}

/** What the engine should be able to do is tried, since other programs than Node leave out parts of V8. */
async function withKernels(
  capabilities: Capabilities,
): Promise<Capabilities & Pick<Found, 'kernelsProblem'>> {
  if (capabilities.uses.kernels === 'none') return { ...capabilities, kernelsProblem: null };
  try {
    const { build, wideProblem } = await loadKernels();
    const uses = { ...capabilities.uses, kernels: build };
    if (wideProblem === undefined) return { ...capabilities, uses, kernelsProblem: null };
    const wideVectors = { usable: false, reason: wideProblem, except: [] };
    return { ...capabilities, wideVectors, uses, kernelsProblem: null };
  } catch (error) {
    if (!(error instanceof CardinalError)) throw error;
    return { ...capabilities, kernelsProblem: error.message };
  }
}

function lines(
  { node, v8, platform, cpu, cores, memory, wasm, wideVectors, uses, kernelsProblem, mpi, ...native }: Found,
  installation: string,
): string[] {
  const has = (present: boolean): string => (present ? pc.green('yes') : pc.yellow('no'));
  return alignColumns(
    [
      [pc.bold('machine'), ''],
      ['  processor', `${cpu}, ${cores} ${cores === 1 ? 'core' : 'cores'}`],
      ['  memory', memoryInWords(memory)],
      ['  system', platform],
      ['  Node', `${node} (V8 ${v8})`],
      [pc.bold('WebAssembly'), ''],
      ['  SIMD', has(wasm.simd)],
      ['  relaxed SIMD', has(wasm.relaxedSimd)],
      ['  fused multiply–adds', has(wasm.fused)],
      ['  threads', has(wasm.threads)],
      [
        '  256-bit vectors',
        wideVectors.usable ? has(true) + but(wideVectors) : `${has(false)}: ${wideVectors.reason}`,
      ],
      [pc.bold('native BLAS'), ''],
      ...blasRows(native, installation),
      [pc.bold('MPI'), ''],
      ...mpiRows(mpi),
      [pc.bold('used by default'), ''],
      ['  kernels', kernelsProblem === null ? kernelsInWords(uses.kernels, wasm) : pc.red(kernelsProblem)],
      ['  threads', String(uses.threads)],
    ],
    ['left', 'left'],
  );
}

function memoryInWords({ total, free, limit, largestProgram }: Found['memory']): string {
  const most = `a program may take ${bytes(largestProgram)}`;
  return limit === null
    ? `${bytes(total)}, ${bytes(free)} of it free; ${most}`
    : `${bytes(total)}, limited to ${bytes(limit)} by the container; ${most}`;
}

/** The kernels that go without. */
function but({ except }: Capabilities['wideVectors']): string {
  return except.length === 0 ? '' : `, except ${except.join(', ')}, on which this V8 would crash`;
}

function kernelsInWords(kernels: KernelBuild | 'none', wasm: Found['wasm']): string {
  if (kernels === 'none') {
    return pc.yellow('reference loops: this engine lacks WebAssembly SIMD; use Node 22 or newer');
  }
  return `${kernelBuildInWords[kernels]}; ${multiplyAddInWords[multiplyAddOf(kernels, wasm)]}`;
}

function blasRows(
  { blas, blasProblem }: Pick<Found, 'blas' | 'blasProblem'>,
  installation: string,
): string[][] {
  if (blasProblem !== null) return [['  library', pc.red(blasProblem)]];
  if (blas === null)
    return [['  library', `${pc.yellow('none')}; training is up to twice as fast with one: ${installation}`]];
  return [
    ['  library', `${blas.name} (${blas.path})`],
    ...(blas.version === '' ? [] : [['  version', blas.version]]),
    ['  speed', `${digits3(blas.gflops)} GFLOP/s on one thread`],
  ];
}

function mpiRows({
  libraries,
  problem,
  startedBy,
  unconnectedTasks,
  keepaliveFlags,
  ranks,
}: MpiInfo): string[][] {
  if (problem !== null) return [['  library', pc.red(problem)]];
  const rows = libraries.map(({ version, path }) => ['  library', `${version} (${path})`]);
  if (rows.length === 0) {
    rows.push([
      '  library',
      'none; training on several machines needs one: apt-get install mpich, or openmpi-bin',
    ]);
  }
  if (startedBy !== null) rows.push(['  started by', startedBy]);
  if (unconnectedTasks !== null) {
    const tasks = `srun, as one of ${unconnectedTasks} tasks that do not know of each other`;
    rows.push(['  started by', pc.yellow(`${tasks}; add --mpi=pmix or --mpi=pmi2 to it`)]);
  }
  if (keepaliveFlags !== null) {
    rows.push([
      '  lost hosts',
      pc.yellow(`mpirun would wait for minutes for one; add ${keepaliveFlags} to it`),
    ]);
  }
  if (ranks === null) return rows;
  const { size, hosts, between, latency, bandwidth, sum, bytes: summed } = ranks;
  const machines = hosts.length === 1 ? `on ${hosts[0]}` : `on ${hosts.length} machines`;
  const pair = `between ranks ${between.join(' and ')}`;
  return [
    ...rows,
    ['  ranks', `${size} ${machines}`],
    ['  latency', `${digits3(latency)} µs ${pair}`],
    ['  bandwidth', `${digits3(bandwidth)} GB/s ${pair}`],
    ['  sum of gradients', `${digits3(sum)} ms for ${bytes(summed)} of all ranks`],
  ];
}
