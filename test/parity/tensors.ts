import { readFileSync } from 'node:fs';
import { decodeTensor } from '../../src/weights/dtypes.ts';
import { headerEnd, lengthBytes, parseHeader } from '../../src/weights/safetensors-header.ts';

/** The tensors of a safetensors file under `test/fixtures`, all of them f32. */
export class Tensors {
  readonly #tensors: ReadonlyMap<string, Float32Array>;

  constructor(path: string) {
    const bytes = readFileSync(fixtureUrl(path));
    const start = headerEnd(bytes, bytes.length, path);
    const header = parseHeader(bytes.subarray(lengthBytes, start), bytes.length - start, path);
    this.#tensors = new Map(
      header.tensors.map(({ name, dtype, shape, begin, end }) => {
        const tensor = decodeTensor({ dtype, shape, data: bytes.subarray(start + begin, start + end) });
        if (tensor.dtype !== 'F32') throw new Error(`${path}: ${name} is ${tensor.dtype}`);
        return [name, tensor.data];
      }),
    );
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

/** JSON under `test/fixtures`, written by one of `scripts/fixtures`: its type is what that script writes. */
export function readJson(path: string): unknown {
  return JSON.parse(readFileSync(fixtureUrl(path), 'utf8'));
}

function fixtureUrl(path: string): URL {
  return new URL(`../fixtures/${path}`, import.meta.url);
}
