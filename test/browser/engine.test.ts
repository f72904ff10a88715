import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Tools } from './engine-page.ts';
import { browsers, openBrowser, type TestPage } from './support/browsers.ts';
import { known, load, ToolPages, type Loaded } from './support/tool-pages.ts';

/** In the page. */
declare const tools: Tools;

let loaded: Loaded;
beforeAll(async () => {
  loaded = await load();
});

describe.each(browsers)('%s', (kind) => {
  let pages: ToolPages;
  beforeAll(async () => {
    pages = new ToolPages(await openBrowser(kind), loaded.files);
  });
  afterAll(() => pages.close());

  describe('an isolated page', () => {
    let page: TestPage;
    beforeAll(async () => {
      ({ page } = await pages.open({ isolated: true }));
    });
    afterAll(() => page.close());

    test('has threads, says so, and trains a network', async () => {
      const found = await page.evaluate(async () => {
        const { createBackend, createModel, nn, planTraining } = tools;
        const backend = await createBackend({ base: '/dist', threads: 2 });
        const network = createModel('resnet20_cifar');
        const plan = planTraining(nn.trace(network, [16, 3, 32, 32], { training: true }), backend, {
          name: 'net',
          optimizer: { kind: 'sgd', momentum: true, nesterov: false },
        });
        const program = await backend.load(plan);
        const pictures = Float32Array.from({ length: 16 * 3072 }, (_, at) => Math.sin(at));
        for (let step = 0; step < 2; step++) {
          program.write('input', pictures);
          await program.run('gradient');
        }
        const [loss] = await program.read('loss');
        const { about, description } = backend;
        await backend.dispose();
        const after = await tools.attempt(() => program.read('loss'));
        return { about, description, loss, after };
      }, undefined);
      expect(found).toEqual({
        about: 'WebAssembly with relaxed SIMD, 2 threads (fused multiply–adds)',
        description: '2 threads, WebAssembly relaxed',
        loss: expect.any(Number) as number,
        after: expect.stringMatching(/^DisposedError: /) as string,
      });
    });

    test('a classifier that is disposed of, and one whose worker is ended, answer all that waited', async () => {
      const found = await page.evaluate(
        async ({ known }) => {
          const { attempt, loadClassifier, workers } = tools;
          const blob = await (await fetch('/picture.png')).blob();
          const open = () => loadClassifier('/weights.safetensors', { ...known, base: '/dist', threads: 2 });
          const ask = async (count: number, classifier: Awaited<ReturnType<typeof open>>) =>
            Promise.all(
              Array.from({ length: count }, () =>
                attempt(async () => (await classifier.classify(blob)).length),
              ),
            );
          const cut = await open();
          const cutAnswers = ask(20, cut);
          await cut.dispose();
          const drained = await open();
          const drainedAnswers = ask(20, drained);
          await drained.dispose({ drain: true });
          const killed = await open();
          const killedAnswers = ask(20, killed);
          workers.at(-1)?.terminate();
          const all = [await cutAnswers, await drainedAnswers, await killedAnswers];
          const after = await attempt(() => killed.classify(blob));
          await killed.dispose();
          return { all: all.map((answers) => [...new Set(answers)]), after };
        },
        { known },
      );
      const [cut, drained, killed] = found.all;
      expect(cut.filter((answer) => answer !== 1)).toEqual([
        expect.stringMatching(/^DisposedError: the classifier of resnet20_cifar was disposed of/),
      ]);
      expect(drained).toEqual([1]);
      expect(killed).toContainEqual(
        expect.stringMatching(/^DeviceLostError: the engine was lost: its worker ended/),
      );
      expect(found.after).toMatch(/^DeviceLostError: the engine was lost/);
    });

    test('a thread that is gone in the middle of a step ends what waits for it, in one line', async () => {
      const found = await page.evaluate(async () => {
        const { attempt, createBackend, createModel, nn, planTraining } = tools;
        const backend = await createBackend({ base: '/dying', threads: 3 });
        const traced = nn.trace(createModel('resnet20_cifar'), [8, 3, 32, 32], { training: true });
        const optimizer = { kind: 'sgd', momentum: true, nesterov: false } as const;
        const program = await backend.load(planTraining(traced, backend, { name: 'net', optimizer }));
        const waiting = await Promise.all([1, 2].map(() => attempt(() => program.run('gradient'))));
        const after = await attempt(() => program.run('gradient'));
        await backend.dispose();
        return new Set([...waiting, after]).size === 1 ? after : [waiting, after];
      }, undefined);
      expect(found).toBe('DeviceLostError: a thread of the wasm backend was lost: its worker ended');
    });
  });

  test('a page that is not isolated has one thread, and says why', async () => {
    const { page } = await pages.open();
    const found = await page.evaluate(
      async ({ known }) => {
        const classifier = await tools.loadClassifier('/weights.safetensors', { ...known, base: '/dist' });
        const top = await classifier.classify('/picture.png', { topK: 3 });
        const { about } = classifier;
        await classifier.dispose();
        const refused = await tools.attempt(() => tools.createBackend({ base: '/dist', threads: 2 }));
        return { about, top, refused };
      },
      { known },
    );
    const reason =
      'because this page is not cross-origin isolated: send the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp (or credentialless), or register cardinal-nn/isolate';
    expect(found.about).toBe(`WebAssembly with relaxed SIMD, 1 thread (fused multiply–adds), ${reason}`);
    expect(found.top).toEqual(loaded.top);
    expect(found.refused).toBe(`CardinalError: 2 threads cannot share memory, ${reason}`);
    await page.close();
  });
});
