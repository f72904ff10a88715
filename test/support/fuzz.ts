import { expect } from 'vitest';
import { CardinalError } from '../../src/base/errors.ts';
import { Rng } from '../../src/base/rng.ts';
import type { TensorArchive } from '../../src/weights/archive.ts';
import { bytesSource, type ByteSource } from '../../src/weights/byte-source.ts';
import { elementBytes } from '../../src/weights/dtypes.ts';
import { createModel } from '../../src/models/index.ts';
import { optionsFor } from '../../src/weights/fit.ts';
import { matchTensors } from '../../src/weights/match.ts';
import { unwrap } from '../../src/weights/unwrap.ts';
import { seed } from '../seed.ts';

/** `CARDINAL_FUZZ=1000000 npx vitest run test/unit/weights-fuzz.test.ts` looks longer. */
const files = Number(process.env['CARDINAL_FUZZ'] ?? 20_000);

export interface Fuzz {
  readonly format: string;
  /** A damaged file. */
  readonly make: (rng: Rng) => Uint8Array;
  readonly open: (source: ByteSource) => Promise<TensorArchive>;
  /** Messages of files that did not come past the first check. */
  readonly early: RegExp;
}

const name = 'damaged file';
const network = createModel('resnext_cifar', { layers: [1], planes: 8, baseWidth: 8 }).stateSpecs();

/**
 * Opens many damaged files, holds them against networks and reads every tensor. Nothing but success or an error of one line that begins with the file's
 * name may come of it, and nothing may be read or made that is much larger than the file. Prints how far they came.
 */
export async function fuzz({ format, make, open, early }: Fuzz): Promise<void> {
  const faults: string[] = [];
  const tally = { early: 0, opening: 0, reading: 0, whole: 0 };
  const began = performance.now();
  for (let index = 0; index < files && faults.length < 5; index++) {
    const bytes = make(Rng.of(seed, format, index));
    const fault = (what: string): void =>
      void faults.push(`CARDINAL_SEED=${seed} ${format} #${index}: ${what}`);
    const check = (error: unknown): string => {
      const message = error instanceof Error ? error.message : String(error);
      if (!(error instanceof CardinalError))
        fault(error instanceof Error ? (error.stack ?? message) : message);
      else if (!message.startsWith(name)) fault(`does not begin with the file's name: ${message}`);
      else if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(message)) fault(`more than one line: ${message}`);
      else if (message.length > 2000) fault(`a message of ${message.length} characters`);
      return message;
    };

    const source = meter(bytes);
    let archive: TensorArchive;
    try {
      archive = await open(source);
    } catch (error) {
      tally[early.test(check(error)) ? 'early' : 'opening']++;
      continue;
    } finally {
      if (source.delivered() > 8 * bytes.length + 1024) {
        fault(`opening ${bytes.length} bytes read ${source.delivered()}`);
      }
    }

    try {
      const { tensors } = unwrap(archive);
      matchTensors(tensors, network);
      optionsFor('resnext', tensors);
    } catch (error) {
      check(error);
    }

    let whole = true;
    for (const [key, entry] of archive.tensors) {
      const before = source.delivered();
      try {
        const { data, dtype, shape } = await entry.read();
        const size = shape.reduce((product, length) => product * length, elementBytes(dtype));
        if (data.length !== size) fault(`'${key}' has ${data.length} bytes, expected ${size}`);
        if (data.length > Math.max(65_536, 4 * bytes.length)) {
          fault(`'${key}' of ${data.length} bytes from a file of ${bytes.length}`);
        }
      } catch (error) {
        check(error);
        whole = false;
      }
      if (source.delivered() - before > bytes.length + 64) fault(`'${key}' read more than the file`);
    }
    tally[whole ? 'whole' : 'reading']++;
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(
    `${format}: ${files} files, ${seconds} s; refused at the first check ${tally.early}, later while opening ${tally.opening}, while reading ${tally.reading}; read whole ${tally.whole}`,
  );
  expect(faults).toEqual([]);
  // Otherwise it is the first check alone that is tested.
  expect(tally.early, `refused at the first check, seed ${seed}`).toBeLessThan(files / 2);
}

/** A source that counts what it hands out. `bytesSource` refuses whatever is not there. */
function meter(bytes: Uint8Array): ByteSource & { delivered(): number } {
  const whole = bytesSource(bytes, name);
  let delivered = 0;
  return {
    ...whole,
    async read(begin, length) {
      const part = await whole.read(begin, length);
      delivered += part.length;
      return part;
    },
    delivered: () => delivered,
  };
}
