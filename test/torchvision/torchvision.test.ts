import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import { BasicBlock, Bottleneck, createModel, ResNet } from '../../src/models/index.ts';
import type { Module } from '../../src/nn/index.ts';
import { createNodeBackend } from '../../src/node/backend.ts';
import { readFile, writeFileAtomic } from '../../src/node/files.ts';
import { loadWeights, saveWeights } from '../../src/node/weights.ts';
import { withWeightsFile } from '../../src/node/weights-file.ts';
import { compile } from '../../src/session/compile.ts';
import { pytorchParts } from '../../src/weights/pytorch/write.ts';
import { readSafetensors } from '../../src/weights/safetensors.ts';
import { findPython } from '../support/python.ts';

/**
 * Networks that torchvision initialised and saved (networks.py beside this file): the same logits here to 1e-4 of the
 * largest, from both of PyTorch's formats and from safetensors; and back again, loaded strictly by torchvision.
 */
const tolerance = 1e-4;
const found = findPython('torchvision');
const python = found ?? '';
const script = fileURLToPath(new URL('networks.py', import.meta.url));
const fixtures = fileURLToPath(new URL('../fixtures/torchvision', import.meta.url));

const narrow: Readonly<Record<string, () => Module>> = {
  narrow_basic: () => new ResNet(BasicBlock, [1, 2, 1, 1], { planes: 4, numClasses: 10 }),
  narrow_bottleneck: () => new ResNet(Bottleneck, [1, 2, 1, 1], { planes: 4, numClasses: 10 }),
  narrow_resnext: () =>
    new ResNet(Bottleneck, [1, 2, 1, 1], { planes: 4, numClasses: 10, groups: 8, widthPerGroup: 16 }),
};
/** One of each family at its full size: basic blocks, bottlenecks, grouped ones. */
const full = ['resnet18', 'resnet50', 'resnext50_32x4d'];

const hasTorchvision = found !== undefined;
if (!hasTorchvision) {
  console.warn(
    'SKIPPED: whole networks of torchvision: no torchvision here (apt-get install python3-torchvision)',
  );
}

let backend: Backend;
let folder: string;
beforeAll(async () => {
  backend = await createNodeBackend({ name: 'wasm' });
  folder = await mkdtemp(join(tmpdir(), 'torchvision-'));
});
afterAll(async () => {
  started?.end();
  await backend.dispose();
  await rm(folder, { recursive: true, force: true });
});

/** How far a network's logits are from torchvision's, relative to the largest of them. */
async function difference(model: Module, from: string, name: string): Promise<number> {
  const { tensors } = await readSafetensors(await readFile(join(from, `${name}.expected.safetensors`)));
  const [input, expected] = [tensors.get('input'), tensors.get('logits')];
  if (input?.dtype !== 'F32' || expected?.dtype !== 'F32')
    throw new Error(`${name}: nothing to compare with`);
  const compiled = await compile(model, { input: input.shape, backend });
  const { data } = await compiled.forward(input.data);
  await compiled.dispose();
  const largest = Math.max(...expected.data.map(Math.abs));
  return Math.max(...data.map((value, index) => Math.abs(value - expected.data[index]))) / largest;
}

/** A PyTorch file of a network's weights. */
async function writeTorch(weights: string, path: string): Promise<void> {
  await withWeightsFile(weights, ({ tensors }) => writeFileAtomic(path, pytorchParts(tensors)));
}

/** What torchvision says of a PyTorch file that we wrote: how far its logits are from those before. */
async function askTorchvision(from: string, name: string, file: string): Promise<number> {
  return ((await torchvision().ask('check', from, name, file)) as { difference: number }).difference;
}

interface Torchvision {
  /** Runs a command of networks.py and gives what it printed. */
  ask(...args: readonly string[]): Promise<unknown>;
  end(): void;
}

let started: Torchvision | undefined;

/** One process for all questions: PyTorch takes seconds to load. */
function torchvision(): Torchvision {
  started ??= startTorchvision();
  return started;
}

function startTorchvision(): Torchvision {
  const child = spawn(python, [script, 'serve']);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    ask: async (...args) => {
      child.stdin.write(`${JSON.stringify(args)}\n`);
      const { done, value } = await lines.next();
      if (done === true) throw new Error(`networks.py ${args.join(' ')} failed: ${said}`);
      return JSON.parse(value) as unknown;
    },
    end: () => {
      child.stdin.end();
    },
  };
}

/** Whether two networks have the same bits; a comparison that prints millions of numbers would take minutes. */
function sameNumbers(one: Module, other: Module): boolean {
  const theirs = other.stateDict();
  return [...one.stateDict()].every(([name, { data }]) => {
    const expected = theirs.get(name)?.data;
    return (
      expected !== undefined &&
      Buffer.from(data.buffer, data.byteOffset, data.byteLength).equals(
        Buffer.from(expected.buffer, expected.byteOffset, expected.byteLength),
      )
    );
  });
}

const endings = ['pth', 'legacy.pth', 'safetensors'];

describe.each(Object.keys(narrow))('%s', (name) => {
  test.each(endings)('gives torchvision’s logits from .%s', async (ending) => {
    const model = narrow[name]();
    await loadWeights(model, join(fixtures, `${name}.${ending}`));
    expect(await difference(model, fixtures, name)).toBeLessThan(tolerance);
  });

  test('is the same to the last bit from all three, and through both that we write', async () => {
    const states = [];
    const safe = join(folder, `${name}.safetensors`);
    const torch = join(folder, `${name}.pth`);
    const original = narrow[name]();
    await loadWeights(original, join(fixtures, `${name}.pth`));
    await saveWeights(original, safe);
    await writeTorch(safe, torch);
    for (const file of [...endings.map((ending) => join(fixtures, `${name}.${ending}`)), safe, torch]) {
      const model = narrow[name]();
      await loadWeights(model, file);
      states.push(model.stateDict());
    }
    for (const state of states.slice(1)) expect(state).toEqual(states[0]);
  });

  test.skipIf(!hasTorchvision)('is loaded strictly by torchvision when it is written back', async () => {
    const back = join(folder, `${name}.back.pth`);
    await writeTorch(join(fixtures, `${name}.safetensors`), back);
    expect(await askTorchvision(fixtures, name, back)).toBeLessThan(tolerance);
  });
});

describe.skipIf(!hasTorchvision).each(full)('torchvision’s own %s', (name) => {
  beforeAll(async () => {
    await torchvision().ask('all', folder, name);
  }, 120_000);

  test.each(endings)('gives the same logits from .%s', { timeout: 60_000 }, async (ending) => {
    const model = createModel(name);
    await loadWeights(model, join(folder, `${name}.${ending}`));
    expect(await difference(model, folder, name)).toBeLessThan(tolerance);
  });

  test('has the same numbers as a pickled module and as TorchScript', { timeout: 240_000 }, async () => {
    const expected = createModel(name);
    await loadWeights(expected, join(folder, `${name}.pth`));
    for (const ending of ['whole.pth', 'whole.legacy.pth', 'holding.pth', 'script.pt', 'trace.pt']) {
      const model = createModel(name);
      await loadWeights(model, join(folder, `${name}.${ending}`));
      expect(sameNumbers(model, expected), ending).toBe(true);
      await rm(join(folder, `${name}.${ending}`));
    }
  });

  test('is loaded strictly by torchvision when it is written back', { timeout: 120_000 }, async () => {
    const model = createModel(name);
    await loadWeights(model, join(folder, `${name}.legacy.pth`));
    const safe = join(folder, `${name}.own.safetensors`);
    const back = join(folder, `${name}.back.pth`);
    await saveWeights(model, safe);
    await writeTorch(safe, back);
    expect(await askTorchvision(folder, name, back)).toBeLessThan(tolerance);
  });
});
