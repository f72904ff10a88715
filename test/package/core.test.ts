import { build } from 'esbuild';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { expect, test } from 'vitest';

/**
 * The core runs where nothing of Node is: a realm that has JavaScript's own globals and these of the web, and neither `process` nor
 * `Buffer`, `require`, `global` or `setImmediate`. The bundle has no module that is not in it.
 */
const root = fileURLToPath(new URL('../..', import.meta.url));
const web = {
  ...{ AbortController, AbortSignal, Blob, DOMException, Event, EventTarget, MessageChannel, URL },
  ...{ DecompressionStream, CompressionStream, ReadableStream, Response, TextDecoder, TextEncoder },
  ...{ clearTimeout, crypto, performance, queueMicrotask, setTimeout, structuredClone },
};

interface Bundled {
  readonly main: (pytorchFile: Uint8Array) => Promise<unknown>;
}

test('the core counts, runs, trains, reads and writes without a global of Node', async () => {
  const { outputFiles, warnings } = await build({
    entryPoints: [join(root, 'test/package/core-program.ts')],
    ...{ bundle: true, write: false, format: 'iife', globalName: 'program', platform: 'browser' },
    ...{ absWorkingDir: root, logLevel: 'silent' },
  });
  expect(warnings).toEqual([]);
  const context = createContext({ ...web });
  runInContext(outputFiles[0].text, context);
  const { main } = runInContext('program', context) as Bundled;
  const file = await readFile(join(root, 'test/fixtures/pytorch/zip-state.pth'));
  // Arrays of this realm are none of the other's: bytes are given as a program there would have them.
  const bytes = runInContext('(numbers) => Uint8Array.from(numbers)', context) as (
    from: Buffer,
  ) => Uint8Array;
  expect(JSON.parse(JSON.stringify(await main(bytes(file))))).toEqual({
    ...{ rows: true, logits: 2, loss: true, steps: 2, step: 2, tensors: true, onnx: true },
    ...{ pytorch: expect.any(Number) as number, parameters: 11_689_512, preprocessed: 192 },
  });
});
