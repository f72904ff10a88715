import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Rng } from '../../src/base/rng.ts';
import { nodeFileSystem } from '../../src/node/file-system.ts';
import type { FileSystem, OpenFile } from '../../src/run/folder/file-system.ts';

/** What a folder holds: names and bytes. Undefined if there is no folder. */
export type State = ReadonlyMap<string, Uint8Array> | undefined;

/** One operation of a program on the disk. */
export interface Operation {
  /** From 0 on, in the order of the program. */
  readonly number: number;
  readonly name: keyof FileSystem | keyof OpenFile | 'openToWrite';
  readonly path: string;
}

/**
 * How an operation goes wrong: with the system's error code, after half of what it was to write, or `short`, by writing
 * half and saying so.
 */
export interface Fault {
  readonly at: number;
  readonly code: string;
  readonly half?: boolean;
  /** All operations that change something go wrong from then on, as on a disk that has become read-only. */
  readonly forGood?: boolean;
}

interface Inode {
  bytes: Uint8Array;
  /** What is on the disk for sure. */
  synced: Uint8Array;
}

const nothing = new Uint8Array();

/**
 * A run folder on the real disk with a model of it beside: what a process that is killed leaves, after every operation and
 * within every write, and what may be left where the power fails, if whatever was not synced is lost, torn or in another
 * order. It can be stopped at any such point, from where on nothing happens any more, or be faulty.
 */
export class Disk implements FileSystem {
  readonly folder: string;
  readonly operations: Operation[] = [];
  /** Called at each point where a process may be killed. */
  onPoint: ((point: number) => void) | undefined;
  killAt: number | undefined;
  fault: Fault | undefined;
  #points = 0;
  #dead = false;
  #isThere: boolean;
  #isThereForSure: boolean;
  #names = new Map<string, Inode>();
  #namesForSure = new Map<string, Inode>();
  #unsynced: ((names: Map<string, Inode>) => void)[] = [];

  /** The folder as it lies there. */
  constructor(folder: string, state: State) {
    this.folder = folder;
    this.#isThere = this.#isThereForSure = state !== undefined;
    for (const [name, bytes] of state ?? []) this.#names.set(join(folder, name), { bytes, synced: bytes });
    this.#namesForSure = new Map(this.#names);
  }

  get isDead(): boolean {
    return this.#dead;
  }

  /** What a process leaves that is killed now. */
  killed(): State {
    return this.#isThere ? contents(this.#names, ({ bytes }) => bytes) : undefined;
  }

  /** What may be left if the power fails now. */
  powerless(rng: Rng): State {
    if (!this.#isThereForSure && (!this.#isThere || rng.float() < 0.5)) return undefined;
    const share = [0, 0.5, 1][rng.int(3)];
    const names = new Map(this.#namesForSure);
    for (const change of this.#unsynced) if (rng.float() < share) change(names);
    return contents(names, (inode) => tornBytes(inode, rng));
  }

  open: FileSystem['open'] = async (path, flags) => {
    let file: OpenFile | undefined;
    try {
      return await this.#step(flags === 'r' ? 'open' : 'openToWrite', path, async () => {
        file = await nodeFileSystem.open(path, flags);
        return this.#opened(path, flags, file);
      });
    } catch (error) {
      await file?.close();
      throw error;
    }
  };

  #opened(path: string, flags: Parameters<FileSystem['open']>[1], file: OpenFile): OpenFile {
    if (flags !== 'r' && !this.#names.has(path)) {
      const made: Inode = { bytes: nothing, synced: nothing };
      this.#change((names) => names.set(path, made));
    }
    const inode = this.#names.get(path);
    const size = (): number => inode?.bytes.length ?? 0;
    const put = async (bytes: Uint8Array): Promise<void> => {
      for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
      if (inode !== undefined) inode.bytes = Buffer.concat([inode.bytes, bytes]);
    };
    return {
      read: (bytes, position) => this.#step('read', path, () => file.read(bytes, position)),
      write: (bytes) => {
        const middle = Math.ceil(bytes.length / 2);
        const rest = async (): Promise<number> => {
          await put(bytes.subarray(middle));
          return bytes.length;
        };
        const half = async (): Promise<number> => {
          await put(bytes.subarray(0, middle));
          return middle;
        };
        return this.#step('write', path, rest, half);
      },
      truncate: (length) =>
        this.#step('truncate', path, async () => {
          await file.truncate(length);
          if (inode !== undefined && length < size()) inode.bytes = inode.bytes.slice(0, length);
        }),
      sync: () =>
        this.#step('sync', path, async () => {
          await file.sync();
          if (inode !== undefined) inode.synced = inode.bytes;
        }),
      stat: () => this.#step('stat', path, () => file.stat()),
      // A descriptor is closed whatever the disk says, and by the end of its process.
      close: async () => {
        await file.close();
        await this.#step('close', path, () => Promise.resolve());
      },
    };
  }

  readFile: FileSystem['readFile'] = (path, most) =>
    this.#step('readFile', path, () => nodeFileSystem.readFile(path, most));
  readdir: FileSystem['readdir'] = (path) => this.#step('readdir', path, () => nodeFileSystem.readdir(path));
  stat: FileSystem['stat'] = (path) => this.#step('stat', path, () => nodeFileSystem.stat(path));

  rename: FileSystem['rename'] = (from, to) =>
    this.#step('rename', from, async () => {
      await nodeFileSystem.rename(from, to);
      const inode = this.#names.get(from);
      if (inode === undefined) return;
      this.#change((names) => {
        names.set(to, inode);
        if (names.get(from) === inode) names.delete(from);
      });
    });

  unlink: FileSystem['unlink'] = (path) =>
    this.#step('unlink', path, async () => {
      await nodeFileSystem.unlink(path);
      this.#change((names) => names.delete(path));
    });

  mkdir: FileSystem['mkdir'] = (path) =>
    this.#step('mkdir', path, async () => {
      await nodeFileSystem.mkdir(path);
      if (path === this.folder) this.#isThere = true;
    });

  rmdir: FileSystem['rmdir'] = (path) =>
    this.#step('rmdir', path, async () => {
      await nodeFileSystem.rmdir(path);
      if (path === this.folder) this.#isThere = this.#isThereForSure = false;
    });

  syncFolder: FileSystem['syncFolder'] = (path) =>
    this.#step('syncFolder', path, async () => {
      await nodeFileSystem.syncFolder(path);
      if (path === dirname(this.folder)) this.#isThereForSure = this.#isThere;
      if (path !== this.folder) return;
      this.#namesForSure = new Map(this.#names);
      this.#unsynced = [];
    });

  #change(change: (names: Map<string, Inode>) => void): void {
    change(this.#names);
    this.#unsynced.push(change);
  }

  async #step<T>(
    name: Operation['name'],
    path: string,
    act: () => Promise<T>,
    /** Of a write, what is done first. */
    half?: () => Promise<T>,
  ): Promise<T> {
    this.#livingOrThrow();
    const number = this.operations.length;
    this.operations.push({ number, name, path });
    if (number === 0) this.#point();
    const { fault } = this;
    const isFaulty =
      fault !== undefined &&
      (number === fault.at || (fault.forGood === true && number > fault.at && changes.includes(name)));
    if (isFaulty) {
      if (fault.code === 'short') return half === undefined ? act() : half();
      if (fault.half === true) await half?.();
      throw systemError(fault.code, name, path);
    }
    if (half !== undefined) {
      await half();
      this.#point();
    }
    const result = await act();
    this.#point();
    return result;
  }

  #point(): void {
    const point = this.#points++;
    this.onPoint?.(point);
    if (point !== this.killAt) return;
    this.#dead = true;
    this.#livingOrThrow();
  }

  #livingOrThrow(): void {
    if (this.#dead) throw new Error('the process was killed');
  }
}

/** What fails on a file system that is read-only. */
const changes: readonly Operation['name'][] = [
  ...(['openToWrite', 'write', 'truncate', 'sync', 'rename', 'unlink', 'mkdir', 'rmdir'] as const),
];

/** What each operation may say of itself; `write` may also write less than it was to. */
export const faultsOf: Readonly<Record<Operation['name'], readonly Omit<Fault, 'at'>[]>> = {
  open: codes('EIO', 'EMFILE', 'ENFILE'),
  openToWrite: [...codes('EIO', 'ENOSPC', 'EMFILE', 'ENFILE', 'EACCES'), { code: 'EROFS', forGood: true }],
  read: codes('EIO'),
  readFile: codes('EIO', 'EMFILE'),
  readdir: codes('EIO', 'EMFILE'),
  stat: codes('EIO', 'EACCES'),
  write: [
    ...codes('EIO', 'short', 'ENOSPC'),
    { code: 'ENOSPC', half: true },
    { code: 'EDQUOT', half: true },
    { code: 'ENOSPC', half: true, forGood: true },
    { code: 'EIO', half: true, forGood: true },
  ],
  truncate: codes('EIO'),
  sync: [...codes('EIO', 'ENOSPC'), { code: 'EROFS', forGood: true }],
  syncFolder: codes('EIO'),
  close: codes('EIO', 'ENOSPC'),
  rename: [...codes('EIO', 'ENOSPC'), { code: 'EROFS', forGood: true }],
  unlink: [...codes('EIO'), { code: 'EROFS', forGood: true }],
  mkdir: codes('EIO', 'ENOSPC', 'EROFS', 'EACCES'),
  rmdir: codes('EIO'),
};

function codes(...list: readonly string[]): readonly Omit<Fault, 'at'>[] {
  return list.map((code) => ({ code }));
}

function systemError(code: string, name: string, path: string): Error {
  return Object.assign(new Error(`${code}: a fault that a test made, ${name} '${path}'`), {
    code,
    syscall: name,
    path,
  });
}

function contents(names: ReadonlyMap<string, Inode>, bytesOf: (inode: Inode) => Uint8Array): State {
  return new Map([...names].map(([path, inode]) => [basename(path), bytesOf(inode)]));
}

/** What may be on the disk of a file that was not synced: the old end, the new one, one between, or zeros where bytes were to be. */
function tornBytes({ bytes, synced }: Inode, rng: Rng): Uint8Array {
  if (bytes === synced) return bytes;
  const [short, long] = [synced.length, bytes.length].sort((a, b) => a - b);
  const cut = short + rng.int(long - short + 1);
  const longer = bytes.length < synced.length ? synced : bytes;
  const torn = Uint8Array.from(longer.subarray(0, cut));
  switch (rng.int(4)) {
    case 0:
      return synced;
    case 1:
      return bytes;
    case 2:
      return torn;
    default: {
      const zeroed = new Uint8Array(longer.length);
      zeroed.set(torn);
      return zeroed;
    }
  }
}

/** Lays a folder out as it was left, in a place of its own, and gives its path. */
export async function layOut(root: string, state: State): Promise<string> {
  const folder = join(await mkdtemp(join(root, 'life-')), 'run');
  if (state === undefined) return folder;
  await mkdir(folder);
  for (const [name, bytes] of state) await writeFile(join(folder, name), bytes);
  return folder;
}

/** What really lies in a folder. */
export async function onDisk(folder: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const names = await readdir(folder);
  return new Map(
    await Promise.all(
      names.map(async (name): Promise<[string, Uint8Array]> => [name, await readFile(join(folder, name))]),
    ),
  );
}
