import { CardinalError } from '../../../src/base/errors.ts';
import type { Probe, Target } from '../target.ts';

/** What each does when it reads the second of its files; the others it takes. */
const deeds = {
  loop() {
    for (;;) if (performance.now() < 0) return;
  },
  slow() {
    const began = process.cpuUsage();
    for (let spent = 0; spent < 1_300_000;) {
      const { user, system } = process.cpuUsage(began);
      spent = user + system;
    }
  },
  exit: () => process.exit(7),
  crash: () => {
    process.kill(process.pid, 'SIGSEGV');
    for (;;);
  },
  heap() {
    for (const kept: number[][] = []; ;) kept.push(new Array<number>(2 ** 20).fill(0.5));
  },
  filled: () => Buffer.concat(Array.from({ length: 100 }, () => Buffer.alloc(2 ** 20, 1))),
  empty: () => new Uint8Array(2 ** 28),
  error: () => Number(Reflect.get(JSON.parse('null') as object, 'length')),
  long({ file }: Probe) {
    throw new CardinalError(`${file} ${'x'.repeat(3000)}`);
  },
  name() {
    throw new CardinalError('it is damaged');
  },
};

function target(name: keyof typeof deeds): Target {
  let count = 0;
  return {
    name: `bad-${name}`,
    seeds: () => Promise.resolve([Uint8Array.of(0)]),
    early: /^never$/,
    mutate: () => Uint8Array.of(count++ % 3),
    read(bytes, probe) {
      if (bytes[0] === 1) deeds[name](probe);
      return Promise.resolve();
    },
  };
}

export const bad = {
  loop: target('loop'),
  slow: target('slow'),
  exit: target('exit'),
  crash: target('crash'),
  heap: target('heap'),
  filled: target('filled'),
  empty: target('empty'),
  error: target('error'),
  long: target('long'),
  name: target('name'),
} satisfies Readonly<Record<keyof typeof deeds, Target>>;
