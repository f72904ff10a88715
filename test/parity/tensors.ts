import { readFileSync } from 'node:fs';
import { readSafetensors } from '../../src/weights/safetensors.ts';

/** The tensors of a safetensors file under `test/fixtures`, all of them f32. */
export class Tensors {
  readonly #tensors: ReadonlyMap<string, Float32Array>;

  constructor(path: string) {
    const { tensors } = await readSafetensors(readFileSync(fixtureUrl(path)), path);
    this.#tensors = new Map(
      [...tensors].map(([name, tensor]) => {
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
