import { describe, expect, it } from 'vitest';
import { firstDifference, leaves } from '../../../src/node/mpi/agree.ts';
import { keepaliveFlags, launchOf, unconnectedTasks } from '../../../src/node/mpi/launch.ts';
import { installedLibraries, versionOf } from '../../../src/node/mpi/library.ts';
import { openCommunicator } from '../../../src/node/mpi/open.ts';
import { usualLimits } from '../../../src/node/mpi/patience.ts';

describe('who started this process', () => {
  it.each([
    ['nobody', {}, undefined],
    [
      'Open MPI',
      { OMPI_COMM_WORLD_RANK: '3', OMPI_COMM_WORLD_SIZE: '8', PMIX_RANK: '3', PMIX_NAMESPACE: '1' },
      { by: 'mpirun of Open MPI', family: 'Open MPI', rank: 3, size: 8 },
    ],
    [
      'MPICH',
      { PMI_RANK: '1', PMI_SIZE: '2', PMI_FD: '6' },
      { by: 'mpiexec of MPICH', family: 'MPICH', rank: 1, size: 2 },
    ],
    [
      'MPICH by a port',
      { PMI_ID: '0', PMI_PORT: 'vm:36061' },
      { by: 'mpiexec of MPICH', family: 'MPICH', rank: 0, size: undefined },
    ],
    [
      'Slurm with PMI',
      { PMI_RANK: '1', PMI_SIZE: '4', PMI_FD: '6', SLURM_STEP_ID: '0' },
      { by: 'srun (PMI)', family: 'MPICH', rank: 1, size: 4 },
    ],
    [
      'Slurm with PMIx',
      { PMIX_RANK: '1', PMIX_NAMESPACE: 'slurm.0', SLURM_STEP_ID: '0', SLURM_STEP_NUM_TASKS: '4' },
      { by: 'srun (PMIx)', family: 'any', rank: 1, size: 4 },
    ],
    // What a shell or an older job may have left: no rank, or nothing to talk to.
    ['a rank without a launcher', { PMI_RANK: '0', PMI_SIZE: '2' }, undefined],
    ['no number', { OMPI_COMM_WORLD_RANK: 'x', OMPI_COMM_WORLD_SIZE: '2' }, undefined],
    ['a batch script of Slurm', { SLURM_PROCID: '0', SLURM_NTASKS: '8', SLURM_JOB_ID: '1' }, undefined],
  ])('%s', (_, environment, expected) => {
    expect(launchOf(environment)).toEqual(expected);
  });

  it('tasks of Slurm that know nothing of each other', () => {
    expect(unconnectedTasks({ SLURM_STEP_NUM_TASKS: '4', SLURM_PROCID: '1' })).toBe(4);
    expect(unconnectedTasks({ SLURM_STEP_NUM_TASKS: '1' })).toBeUndefined();
    expect(unconnectedTasks({ SLURM_STEP_NUM_TASKS: '4', PMI_RANK: '1', PMI_FD: '5' })).toBeUndefined();
    expect(unconnectedTasks({})).toBeUndefined();
  });

  it('opens nothing here, which mpirun did not start', async () => {
    expect(await openCommunicator()).toBeUndefined();
  });
});

it.each([
  ['MPICH Version:\t4.0.2\nMPICH Release date:\tThu Apr  7', 'MPICH 4.0.2'],
  ['MPICH Version:      4.3.1\n', 'MPICH 4.3.1'],
  ['MVAPICH2 Version      :\t2.3.7\n', 'MVAPICH2 2.3.7'],
  ['Open MPI v4.1.4, package: Debian OpenMPI, ident: 4.1.4\0', 'Open MPI 4.1.4'],
  ['Intel(R) MPI Library 2021.9 for Linux* OS\n\0', 'Intel(R) MPI Library 2021.9 for Linux* OS'],
])('names the version in %j', (text, version) => {
  expect(versionOf(text)).toBe(version);
});

it('finds the libraries of this machine without starting MPI, and refuses what is none', async () => {
  for (const { version } of await installedLibraries(undefined)) expect(version).toMatch(/^\S.* \d/);
  expect(await installedLibraries('off')).toEqual([]);
  await expect(installedLibraries('/etc/hostname')).rejects.toThrow(
    /^CARDINAL_MPI: cannot use \/etc\/hostname: .*; name a library of MPI, or off for none$/,
  );
});

it('names flags for lost hosts only where a launcher needs them', () => {
  const environment = { OMPI_COMM_WORLD_RANK: '0', OMPI_COMM_WORLD_SIZE: '2' };
  const ranks = { hosts: ['a', 'b'], library: 'Open MPI 4.1.4' };
  expect(keepaliveFlags(environment, ranks)).toBe(
    '--mca oob_tcp_keepalive_time 10 --mca oob_tcp_keepalive_intvl 2 --mca oob_tcp_keepalive_probes 3',
  );
  expect(keepaliveFlags(environment, { ...ranks, hosts: ['a', 'a'] })).toBeUndefined();
  expect(keepaliveFlags(environment, { ...ranks, library: 'Open MPI 5.0.3' })).toBeUndefined();
  expect(keepaliveFlags({ ...environment, OMPI_MCA_oob_tcp_keepalive_time: '60' }, ranks)).toBeUndefined();
  expect(
    keepaliveFlags({ PMI_RANK: '0', PMI_FD: '6' }, { ...ranks, library: 'MPICH 4.0.2' }),
  ).toBeUndefined();
});

describe('what ranks compare', () => {
  it('by the place of each value', () => {
    expect([...leaves({ a: 1, b: { c: [true, null], d: {} }, e: [] })]).toEqual([
      ['a', '1'],
      ['b.c.0', 'true'],
      ['b.c.1', 'null'],
      ['b.d', '{}'],
      ['e', '[]'],
    ]);
  });

  it('most are right, and of as many the first', () => {
    const facts = (...rates: number[]) => rates.map((rate) => leaves({ version: '1', rate }));
    expect(firstDifference(facts(1, 1, 1))).toBeUndefined();
    expect(firstDifference(facts(2, 1, 1))).toEqual({ ranks: [0], path: 'rate', expected: '1', got: '2' });
    expect(firstDifference(facts(2, 1))).toEqual({ ranks: [1], path: 'rate', expected: '2', got: '1' });
    expect(firstDifference(facts(1, 3, 1, 3, 1))).toMatchObject({ ranks: [1, 3] });
  });

  it('what one of them does not have', () => {
    expect(firstDifference([leaves({ a: 1 }), leaves({ a: 1, seed: 2 }), leaves({ a: 1 })])).toEqual({
      ranks: [1],
      path: 'seed',
      expected: 'nothing',
      got: '2',
    });
  });
});

it('CARDINAL_MPI_TIMEOUT sets the limits', () => {
  expect(usualLimits('')).toEqual(usualLimits(undefined));
  expect(usualLimits('2')).toEqual({ start: 4000, notice: 1000, silence: 2000, late: 20_000, end: 1000 });
  for (const wrong of ['0', '-1', 'soon', 'Infinity']) {
    expect(() => usualLimits(wrong)).toThrow(
      `CARDINAL_MPI_TIMEOUT: expected seconds, a number above 0, got ${wrong}`,
    );
  }
});
