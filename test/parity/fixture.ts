import { readFileSync } from 'node:fs';
import type { LayerSpec } from './network.ts';

/** What `scripts/fixtures/parity.py` wrote into `test/fixtures/parity/`. */
export interface NetworkSpec {
  readonly name: string;
  readonly covers: string;
  readonly input: readonly [number, number, number, number];
  readonly classes: number;
  readonly labelSmoothing: number;
  /** Whether there is a curve with accumulated gradients. */
  readonly accumulated: boolean;
  readonly layers: readonly LayerSpec[];
}

interface SgdSettings {
  readonly lr: number;
  readonly momentum: number;
  readonly nesterov: boolean;
  readonly weight_decay: number;
}

interface AdamWSettings {
  readonly lr: number;
  readonly betas: readonly [number, number];
  readonly eps: number;
  readonly weight_decay: number;
}

export interface Settings {
  readonly steps: number;
  readonly clipNorm: number;
  readonly emaDecay: number;
  readonly optimizers: {
    readonly sgd: SgdSettings;
    readonly adamw: AdamWSettings;
    readonly accumulated: SgdSettings;
  };
  readonly networks: readonly NetworkSpec[];
}

// The file is ours and is written by one script: its type is what that script writes.
export const settings = JSON.parse(readFileSync(urlOf('networks.json'), 'utf8')) as Settings;

/** Tensors of one network by name. */
export class Fixture {
  readonly #tensors: ReadonlyMap<string, Float32Array>;

  constructor(file: string) {
    this.#tensors = readTensors(new Uint8Array(readFileSync(urlOf(file))));
  }

  get(name: string): Float32Array {
    const data = this.#tensors.get(name);
    if (data === undefined) throw new Error(`the fixture has no tensor ${name}`);
    return data;
  }

  /** Tensors whose name begins with `prefix`, without it. */
  under(prefix: string): [string, Float32Array][] {
    return [...this.#tensors]
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, data]) => [name.slice(prefix.length), data]);
  }
}

function urlOf(file: string): URL {
  return new URL(`../fixtures/parity/${file}`, import.meta.url);
}

/** Reads the format by its description, not by our own reader: this is what that reader is tested against. */
function readTensors(file: Uint8Array<ArrayBuffer>): Map<string, Float32Array> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const headerBytes = Number(view.getBigUint64(0, true));
  // Likewise written by our script.
  const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + headerBytes))) as Record<
    string,
    { readonly data_offsets: readonly [number, number] }
  >;
  return new Map(
    Object.entries(header).map(
      ([
        name,
        {
          data_offsets: [begin, end],
        },
      ]) => [name, new Float32Array(file.slice(8 + headerBytes + begin, 8 + headerBytes + end).buffer)],
    ),
  );
}
