import { compile, nn } from '../../../src/index.ts';
import { wasmFeatures } from '../../../src/backends/wasm/features.ts';
import { openBackend, type PageSetting } from './backends.ts';

export interface CyclesJob extends PageSetting {
  readonly cycles: number;
}

export interface CyclesReport {
  /** Memories that were made. */
  readonly memories: number;
  /** Distinct results of one network on one picture. */
  readonly results: number;
}

/** Compiles a network, uses it and disposes of it, again and again. */
export async function cycles({ cycles, ...setting }: CyclesJob): Promise<CyclesReport> {
  wasmFeatures(); // Makes a memory, once.
  const { Memory } = WebAssembly;
  let memories = 0;
  WebAssembly.Memory = new Proxy(Memory, {
    construct: (target, given: [WebAssembly.MemoryDescriptor]) => {
      memories++;
      return new target(...given);
    },
  });
  const results = new Set<string>();
  const backend = await openBackend(setting);
  const model = new nn.Sequential(
    new nn.Conv2d(3, 8, 3),
    new nn.ReLU(),
    new nn.Flatten(),
    new nn.Linear(288, 2),
  );
  const picture = Float32Array.from({ length: 3 * 8 * 8 }, (_, index) => (index % 7) - 3);
  for (let cycle = 0; cycle < cycles; cycle++) {
    await using compiled = await compile(model, { input: [1, 3, 8, 8], backend });
    results.add((await compiled.forward(picture)).data.join());
  }
  await backend.dispose();
  WebAssembly.Memory = Memory;
  return { memories, results: results.size };
}
