/** Whose library a launcher works with; `any` speaks PMIx, which several do. */
type Family = 'MPICH' | 'Open MPI' | 'any';

/** How this process was started as one of several ranks, from what its launcher left in the environment. */
export interface Launch {
  /** In words: `mpirun of Open MPI`. */
  readonly by: string;
  readonly family: Family;
  readonly rank: number;
  /** How many ranks there are; undefined where only the library finds out. */
  readonly size: number | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Undefined for a process that no MPI launcher started. */
export function launchOf(environment: Environment): Launch | undefined {
  const number = (name: string): number | undefined => {
    const text = environment[name] ?? '';
    return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
  };
  const bySlurm = environment['SLURM_STEP_ID'] !== undefined;

  const ofOpenMpi = number('OMPI_COMM_WORLD_RANK');
  if (ofOpenMpi !== undefined) {
    const size = number('OMPI_COMM_WORLD_SIZE');
    return { by: 'mpirun of Open MPI', family: 'Open MPI', rank: ofOpenMpi, size };
  }
  // `mpiexec -pmi-port` says no more than which of its processes this is.
  const isPmi = environment['PMI_FD'] !== undefined || environment['PMI_PORT'] !== undefined;
  const ofPmi = number('PMI_RANK') ?? number('PMI_ID');
  if (isPmi && ofPmi !== undefined) {
    const by = bySlurm ? 'srun (PMI)' : 'mpiexec of MPICH';
    return { by, family: 'MPICH', rank: ofPmi, size: number('PMI_SIZE') };
  }
  const ofPmix = number('PMIX_RANK');
  if (ofPmix !== undefined && environment['PMIX_NAMESPACE'] !== undefined) {
    const size = number('SLURM_STEP_NUM_TASKS') ?? number('PRTE_NUM_PROCS');
    return { by: bySlurm ? 'srun (PMIx)' : 'a PMIx launcher', family: 'any', rank: ofPmix, size };
  }
  return undefined;
}

/** Tasks of Slurm that no MPI connects, each of which would do the whole work; undefined if this is none of them. */
export function unconnectedTasks(environment: Environment): number | undefined {
  if (launchOf(environment) !== undefined) return undefined;
  const tasks = Number(environment['SLURM_STEP_NUM_TASKS']);
  return Number.isInteger(tasks) && tasks > 1 ? tasks : undefined;
}

/**
 * Seconds until Open MPI's launcher asks a host that is silent, between its questions, and how many may stay without an answer. It must be done before the ranks
 * give up (`CARDINAL_MPI_TIMEOUT`): from then on it has sent the host something, and waits for that to arrive instead.
 */
const keepalive = { time: 10, intvl: 2, probes: 3 };

/**
 * What to add to the command so that the launcher ends soon when a host is lost; undefined where that is not needed. The ranks end by themselves, but Open MPI's
 * mpirun (of versions 3 and 4) goes on waiting for its own process on that host, until the system gives up after minutes.
 */
export function keepaliveFlags(
  environment: Environment,
  { hosts, library }: { readonly hosts: readonly string[]; readonly library: string },
): string | undefined {
  const isConcerned = launchOf(environment)?.by === 'mpirun of Open MPI' && /^Open MPI [34]\./.test(library);
  // mpirun gives its parameters to the ranks in their environment.
  if (!isConcerned || new Set(hosts).size < 2 || environment['OMPI_MCA_oob_tcp_keepalive_time'] !== undefined)
    return undefined;
  return Object.entries(keepalive)
    .map(([name, value]) => `--mca oob_tcp_keepalive_${name} ${value}`)
    .join(' ');
}
