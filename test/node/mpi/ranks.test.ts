import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import type { MpiInfo } from '../../../src/node/mpi/info.ts';
import { launchers, runJob, runRanks, type Job } from './support/jobs.ts';

interface Seen {
  readonly rank: number;
  readonly size: number;
  readonly bits: readonly number[];
  readonly beside: readonly number[];
  readonly pages: readonly number[];
  readonly overlapping: readonly number[];
  readonly gathered: readonly (readonly number[])[];
  readonly shared: string;
  readonly stopped: readonly number[];
  readonly error: string;
}

const size = 3;

/** What each of three ranks saw. */
function expectTogether({ code, stdout, said }: Job): void {
  expect(said).toEqual([]);
  expect(code).toBe(0);
  const all = JSON.parse(stdout) as readonly Seen[];
  expect(all.map(({ rank }) => rank)).toEqual([...Array(size).keys()]);
  for (const seen of all) {
    expect(seen.size).toBe(size);
    // The same bits on all, and in the first and the last place the sum, which float32 rounds in any order.
    expect(seen.bits).toEqual(all[0].bits);
    for (const [at, i] of [
      [1, 0],
      [2, 700_000],
    ]) {
      const got = new Float32Array(Uint32Array.of(seen.bits[at]).buffer)[0];
      const exact = [...Array(size).keys()].reduce((sum, rank) => sum + 1 / (1 + i + 7 * rank), 0);
      expect(Math.abs(got / exact - 1)).toBeLessThan(2e-7);
    }
    expect(seen.beside).toEqual([-1, -1]);
    expect(seen.pages).toEqual([64]);
    const ranksSum = (size * (size + 1)) / 2;
    expect(seen.overlapping).toEqual([ranksSum, 10 * ranksSum, 100 * ranksSum]);
    expect(seen.gathered).toEqual(
      [...Array(size).keys()].map((rank) => (rank === 0 ? [0, null] : [3 * rank, rank])),
    );
    expect(seen.shared).toBe('from one');
    expect(seen.stopped).toEqual([3, 143, size - 1]);
    expect(seen.error).toMatch(/^true: CardinalError: MPI_Isend failed: .*rank.* \((MPICH|Open MPI) [\d.]+/i);
  }
}

describe.each(launchers)('ranks of $name', (launcher) => {
  it('sum, gather, share and stop together', async () => {
    expectTogether(await runRanks(launcher, size, 'works'));
  });

  it('say once which of them differs, in what', async () => {
    const { code, said } = await runRanks(launcher, 3, 'differs');
    expect(code).not.toBe(0);
    expect(said).toEqual([
      expect.stringMatching(
        /^cardinal: rank 2 \(process \d+ on \S+\) differs from the other ranks in settings\.rate: expected 0\.1, got 0\.2; /,
      ),
    ]);
  });

  it('end when one of them fails, which says why', async () => {
    const { code, said } = await runRanks(launcher, 3, 'fails');
    expect(code).not.toBe(0);
    // It gives the first one the time to say the same, and lives meanwhile.
    expect(said).toEqual([
      expect.stringMatching(/^cardinal: waiting for rank 1 .*\(a step\)$/),
      'cardinal: rank 1: cannot read /data/7.jpg: no such file',
    ]);
  });

  it('say once what all of them have met', async () => {
    const { code, said } = await runRanks(launcher, 3, 'alike');
    expect(code).not.toBe(0);
    expect(said).toEqual(['cardinal: cannot read /data: no such folder']);
  });

  it('name the one that hangs', async () => {
    const { code, said } = await runRanks(launcher, 3, 'hangs');
    expect(code).not.toBe(0);
    expect(said).toEqual([
      expect.stringMatching(/^cardinal: waiting for rank 1 \(process \d+ on \S+\) \(a sum\)$/),
      expect.stringMatching(
        /^cardinal: rank 1 \(process \d+ on \S+\) gave no sign of life for 1\.5 s .*\(a sum, /,
      ),
    ]);
  });

  // Nothing of it is the library's, so once is enough.
  it.runIf(launcher === launchers[0])('name the one that lives and does not come', async () => {
    const { code, said } = await runRanks(launcher, 3, 'idles');
    expect(code).not.toBe(0);
    expect(said.at(-1)).toMatch(
      /^cardinal: waited \d(\.\d)? s for rank 2 \(process \d+ on \S+\) \(the checkpoint, /,
    );
    expect(said).toHaveLength(2);
  });

  it.each(['leaves', 'killed'])('end, and not as a success, when one %s', async (part) => {
    const { code } = await runRanks(launcher, 2, part);
    expect(code).not.toBe(0);
  });

  it('end with one line when the library is not of MPI, or not of this one', async () => {
    const other = launcher.name === 'MPICH' ? 'libmpi.so.40' : 'libmpich.so.12';
    const { code, said } = await runRanks(launcher, 2, 'works', { CARDINAL_MPI: '/etc/passwd' });
    expect(code).not.toBe(0);
    expect(said).toEqual([expect.stringMatching(/^cardinal: CARDINAL_MPI: cannot use \/etc\/passwd: /)]);
    if (launchers.length < 2) return;
    const { said: saidOfOther } = await runRanks(launcher, 2, 'works', { CARDINAL_MPI: other });
    expect(saidOfOther).toEqual([
      expect.stringMatching(
        `^cardinal: mpi.* of ${launcher.name} started this process, expected a library of ${launcher.name}, got `,
      ),
    ]);
  });

  // Open MPI's launcher sees that a process has ended, and ends the others.
  it.runIf(launcher.name === 'MPICH')('do not wait for one that cannot start', async () => {
    const { code, said } = await runRanks(launcher, 2, 'never');
    expect(code).not.toBe(0);
    expect(said).toEqual([
      expect.stringMatching(/^cardinal: rank 1: CARDINAL_MPI: cannot use \/nowhere\/libmpi\.so: /),
    ]);
  });

  it('end with their exit codes, everything said, when the library does not come back from its end', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cardinal-endless-'));
    onTestFinished(() => {
      rmSync(folder, { recursive: true });
    });
    const library = join(folder, 'libendless.so');
    if (!compile(library, 'endless.c', launcher.name === 'MPICH' ? 'libmpich.so.12' : 'libmpi.so.40')) {
      console.warn(`not tested: a library of ${launcher.name} that does not end, for which cc is needed`);
      return;
    }
    expectTogether(await runRanks(launcher, size, 'works', { CARDINAL_MPI: library }));
    const { code, said } = await runRanks(launcher, 3, 'differs', { CARDINAL_MPI: library });
    expect(code).toBe(1);
    expect(said).toEqual([expect.stringMatching(/^cardinal: rank 2 .* differs from the other ranks in /)]);
  });

  // As people start it: behind npx, whose own Node keeps MPICH's connection to itself. In the repository it would build anew.
  it('are measured by doctor, which the first one prints', async () => {
    const project = mkdtempSync(join(tmpdir(), 'cardinal-npx-'));
    onTestFinished(() => {
      rmSync(project, { recursive: true });
    });
    mkdirSync(join(project, 'node_modules/.bin'), { recursive: true });
    symlinkSync(join(root, 'bin/cardinal.js'), join(project, 'node_modules/.bin/cardinal'));
    writeFileSync(join(project, 'package.json'), '{ "private": true }');
    const { code, stdout, said } = await runJob(
      launcher,
      2,
      ['npx', 'cardinal', 'doctor', '--json'],
      {},
      project,
    );
    expect(said).toEqual([]);
    expect(code).toBe(0);
    const { mpi } = JSON.parse(stdout) as { readonly mpi: MpiInfo };
    expect(mpi.startedBy).toMatch(launcher.name === 'MPICH' ? 'mpiexec of MPICH' : 'mpirun of Open MPI');
    expect(mpi.libraries).toEqual([
      {
        version: expect.stringMatching(`^${launcher.name} \\d`) as string,
        path: expect.any(String) as string,
      },
    ]);
    expect(mpi.ranks).toMatchObject({ size: 2, hosts: [hostname()], between: [0, 1], bytes: 2 ** 26 });
    for (const measured of [mpi.ranks?.latency, mpi.ranks?.bandwidth, mpi.ranks?.sum]) {
      expect(measured).toBeGreaterThan(0);
    }
  });
});

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Makes a library of a file of support/, in front of another one; false where that cannot be done. */
function compile(library: string, source: string, behind: string): boolean {
  const path = fileURLToPath(new URL(`support/${source}`, import.meta.url));
  const flags = ['-shared', '-fPIC', '-Wl,--no-as-needed'];
  return spawnSync('cc', [...flags, '-o', library, path, `-l:${behind}`]).status === 0;
}

describe('the ABI of MPI 5', () => {
  const mpich = launchers.find(({ name }) => name === 'MPICH');
  const folder = mkdtempSync(join(tmpdir(), 'cardinal-abi-'));
  const library = join(folder, 'libmpi_abi.so.0');
  const isCompiled = mpich !== undefined && compile(library, 'abi.c', 'libmpich.so.12');
  if (!isCompiled) {
    console.warn('not tested: the ABI of MPI 5, for which cc and MPICH are needed');
  }
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it.runIf(isCompiled)('has values of its own', async () => {
    if (mpich === undefined) return;
    expectTogether(await runRanks(mpich, size, 'works', { CARDINAL_MPI: library }));
  });
});
