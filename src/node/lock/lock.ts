import { randomUUID } from 'node:crypto';
import { closeSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { InUseError, LockLostError } from '../../base/errors.ts';
import { visible } from '../../base/quoted.ts';
import { isLockName, lockPrefix, type FolderLockOptions, type Lock } from '../../run/folder/lock.ts';
import { removeAtExit } from '../leftovers.ts';
import { fileError } from '../../base/file-errors.ts';
import { startHeartbeat } from './heartbeat.ts';
import { ownIdentity } from './identity.ts';
import { isNew, judge, type Judge, type Other } from './judge.ts';
import { kernelLocks } from './kernel.ts';
import { lookAt, type LockRecord } from './record.ts';
import { Watch } from './watch.ts';
import { createLockFile, writeRecord } from './write-record.ts';

export interface LockOptions extends FolderLockOptions {
  /** Calls the waiting off. */
  readonly signal?: AbortSignal | undefined;
  /** `timer` for work that never keeps the event loop for long. Default `thread`. */
  readonly heartbeat?: 'thread' | 'timer';
  readonly timing?: Partial<LockTiming>;
  /** @internal Another process than this one, for tests. */
  readonly judge?: Partial<Judge>;
}

/** Milliseconds. */
export interface LockTiming {
  /** Between two signs of life. */
  readonly beat: number;
  /** Without a sign of life an owner that cannot be asked for is dead. */
  readonly stale: number;
  /** Between two looks at what is waited for. */
  readonly poll: number;
}

const usualTiming: LockTiming = { beat: 5000, stale: 30_000, poll: 500 };

/**
 * Takes a folder for this process. Throws an `InUseError` if a live process has it; locks of dead ones are cleared away.
 *
 * Everyone first adds a lock file of an own name, `starting`, and then looks for those of others. Of two that come at once,
 * the one that looks last sees the other, so never do both become the `owner`; the one of the higher name withdraws, so
 * one of them does. A file belongs to one process for ever, so clearing a dead one's away takes no one else's by mistake,
 * whoever else does it at the same time.
 *
 * Whether its process lives is known from a lock of the kernel on the file, or by the process's state where ids of processes
 * mean the same, or else, on other machines for instance, by the heartbeat: a number in the file that goes up. Who asks
 * watches it by his own clock.
 */
export async function lockFolder(folder: string, options: LockOptions = {}): Promise<Lock> {
  const self: Judge = {
    identity: ownIdentity(),
    kernel: await kernelLocks(),
    ...options.judge,
  };
  let claim: Claim | undefined;
  try {
    claim = await Claim.make(folder, self, options);
    return await claim.win();
  } catch (error) {
    await claim?.release().catch(() => undefined);
    throw options.signal?.aborted === true ? error : fileError('lock', folder, error);
  }
}

class Claim implements Lock {
  readonly #folder: string;
  readonly #name: string;
  /** Open as long as the kernel is to lock it. */
  readonly #file: number;
  /** To be called when there is nothing to take away any more should the process exit. */
  readonly #isGone: () => void;
  readonly #self: Judge;
  readonly #options: LockOptions;
  readonly #timing: LockTiming;
  readonly #watch: Watch;
  #record: LockRecord;
  #beaten = performance.now();
  #stopBeating: () => Promise<void> = () => Promise.resolve();
  #released: Promise<void> | undefined;

  /** Adds a lock file. */
  static async make(folder: string, self: Judge, options: LockOptions): Promise<Claim> {
    const name = lockPrefix + randomUUID();
    const path = join(folder, name);
    const file = createLockFile(path);
    const isGone = removeAtExit(path);
    try {
      // Some file systems only pretend to lock: then another's question would be answered wrongly.
      const kernel =
        self.kernel?.lock(file) === true && lookAt(path, (again) => self.kernel?.ask(again)) === 'held';
      const record: LockRecord = { ...self.identity, state: 'starting', kernel, beat: 0 };
      writeRecord(path, record);
      return new Claim({ folder, name, file, record, isGone }, self, options);
    } catch (error) {
      closeSync(file);
      await rm(path, { force: true }).then(isGone, () => undefined);
      throw error;
    }
  }

  private constructor(
    made: {
      readonly folder: string;
      readonly name: string;
      readonly file: number;
      readonly record: LockRecord;
      readonly isGone: () => void;
    },
    self: Judge,
    options: LockOptions,
  ) {
    this.#folder = made.folder;
    this.#name = made.name;
    this.#file = made.file;
    this.#isGone = made.isGone;
    this.#record = made.record;
    this.#self = self;
    this.#options = options;
    this.#timing = { ...usualTiming, ...options.timing };
    this.#watch = new Watch(this.#timing.stale, 2 * this.#timing.poll);
  }

  async win(): Promise<Lock> {
    const unsure = await this.#outdoRivals();
    this.#write({ state: 'owner' });
    await this.#outlive(unsure);
    this.#stopBeating = await startHeartbeat(
      { path: this.#path, record: this.#record, every: this.#timing.beat },
      this.#options.heartbeat ?? 'thread',
    );
    await this.check();
    return this;
  }

  async check(): Promise<void> {
    try {
      if (lookAt(this.#path, (_, look) => look) !== 'gone') return;
    } catch (error) {
      throw fileError('look for the lock of', this.#folder, error);
    }
    const names = await this.#othersNames().catch(() => undefined);
    if (names === undefined) throw new LockLostError(`${this.#what} is gone: this process stops`);
    const owner = this.#look(names).find(({ record }) => record !== undefined);
    throw new LockLostError(
      `${this.#what} was taken over by ${owner === undefined ? 'another process' : this.#who(owner)}: this one had shown no sign of life for a while, or somebody asked for it; it stops and writes nothing more there`,
    );
  }

  release(): Promise<void> {
    return (this.#released ??= this.#end());
  }

  async #end(): Promise<void> {
    await this.#stopBeating();
    try {
      await rm(this.#path, { force: true });
      this.#isGone();
    } catch (error) {
      throw fileError('unlock', this.#folder, error);
    } finally {
      closeSync(this.#file);
    }
  }

  /** Comes first of those who begin at the same time. Gives the owners of whom it is unsure whether they live. */
  async #outdoRivals(): Promise<readonly string[]> {
    const begun = performance.now();
    for (let pause = 1; ; pause = Math.min(2 * pause, this.#timing.poll)) {
      const others = await this.#judged(await this.#othersNames());
      const rivals = others.filter(({ record }) => !isOwner(record));
      if (rivals.length === 0) return others.map(({ name }) => name);
      // The others withdraw as soon as they see this one, unless something keeps them from it.
      const patient = performance.now() - begun < 2 * this.#timing.stale;
      const first = rivals.find(
        ({ name, verdict }) => verdict === 'alive' && (name < this.#name || !patient),
      );
      if (first !== undefined) throw this.#inUse(first);
      await this.#pause(pause);
    }
  }

  /**
   * Waits until these owners have shown that they are dead. Who comes meanwhile sees that this process is the owner and
   * withdraws, or waits for it in the same way, so it does not count.
   */
  async #outlive(unsure: readonly string[]): Promise<void> {
    let announced = false;
    for (let pause = 1; ; pause = Math.min(2 * pause, this.#timing.poll)) {
      const others = await this.#judged(unsure);
      if (others.length === 0) return;
      if (!announced && pause === this.#timing.poll) {
        announced = true;
        const seconds = Math.ceil(this.#timing.stale / 1000);
        await this.#tell(
          `${this.#what} may be in use by ${this.#who(others[0])}: waiting up to ${seconds} s for a sign of life`,
        );
      }
      await this.#pause(pause);
    }
  }

  /**
   * Those of some lock files whose owners may live. Dead ones' are cleared away, and all of owners if they are to be taken
   * over. Throws an `InUseError` if an owner lives.
   */
  async #judged(names: readonly string[]): Promise<Other[]> {
    const others: Other[] = [];
    for (const found of this.#look(names)) {
      const other = { ...found, verdict: this.#watch.verdictOn(found) };
      const isWon = isOwner(other.record) || other.verdict === 'opaque';
      if (other.verdict === 'dead') {
        await rm(other.path, { force: true });
      } else if (isWon && this.#options.takeOver === true) {
        await rm(other.path, { force: true });
        await this.#tell(`${this.#what} is taken over from ${this.#who(other)}`);
      } else if (isWon && other.verdict !== 'unsure') {
        throw this.#inUse(other);
      } else {
        others.push(other);
      }
    }
    return others;
  }

  /** The names of others' lock files. */
  async #othersNames(): Promise<string[]> {
    const names = await readdir(this.#folder);
    return names.filter((name) => isLockName(name) && name !== this.#name);
  }

  #look(names: readonly string[]): Other[] {
    return names.flatMap((name) => judge(join(this.#folder, name), name, this.#self) ?? []);
  }

  async #pause(milliseconds: number): Promise<void> {
    const { signal } = this.#options;
    await wait(milliseconds, undefined, signal === undefined ? {} : { signal }).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw error;
    });
    if (performance.now() - this.#beaten > this.#timing.beat) this.#write({ beat: this.#record.beat + 1 });
  }

  #write(changes: Partial<LockRecord>): void {
    this.#record = { ...this.#record, ...changes };
    this.#beaten = performance.now();
    writeRecord(this.#path, this.#record);
  }

  async #tell(message: string): Promise<void> {
    await this.#options.onNotice?.(visible(message));
  }

  get #path(): string {
    return join(this.#folder, this.#name);
  }

  get #what(): string {
    return `${this.#options.what ?? 'folder'} ${this.#folder}`;
  }

  #who({ record, path }: Other): string {
    if (record === undefined) return `the process that made ${path}`;
    return `process ${record.pid}${this.#where(record)}`;
  }

  #where(record: NonNullable<Other['record']>): string {
    if (record.host !== this.#record.host) return ` on ${record.host}`;
    // Its id would name another process here.
    return isNew(record) && record.namespace !== this.#record.namespace ? ' in another container' : '';
  }

  #inUse(other: Other): InUseError {
    const { takeOverHint = `delete ${other.path}` } = this.#options;
    const hint =
      other.verdict === 'opaque'
        ? `whether it is still running cannot be determined from here: if it has ended, ${takeOverHint}`
        : 'wait for it, stop it or choose another folder';
    return new InUseError(`${this.#what} is already in use by ${this.#who(other)}; ${hint}`);
  }
}

function isOwner(record: Other['record']): boolean {
  return record !== undefined && (!isNew(record) || record.state === 'owner');
}
