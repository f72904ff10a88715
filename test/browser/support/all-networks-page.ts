import { compile, createModel, listModels } from '../../../src/index.ts';
import {
  createBackend,
  loadClassifier,
  openPictures,
  trainOn,
  type ClassifierOptions,
  type TrainOnOptions,
} from '../../../src/web/index.ts';
import { lineage, trainings, weightsOf, type TrainingName } from './all-networks.ts';
import { madeUpPictures } from './made-up-pictures.ts';
import { smallNetwork } from './small-networks.ts';

const base = '/dist';

export interface Kernels {
  readonly kernels: 'simd' | 'relaxed';
  readonly threads: number;
}

/** What tests of all networks call in a page: what goes in and comes out is JSON. */
const calls = {
  /** What each of these weights takes the page's picture for. */
  async classify({ urls, ...given }: { readonly urls: readonly string[] } & ClassifierOptions) {
    const answers: { readonly top: unknown; readonly about: string }[] = [];
    for (const url of urls) {
      const classifier = await loadClassifier(url, { base, ...given });
      answers.push({ top: await classifier.classify('/picture.png', { topK: 3 }), about: classifier.about });
      await classifier.dispose();
    }
    return answers;
  },
  /** Trains each on one backend, and gives what sums were rounded and the hash of all weights. */
  async train({ names, ...kernels }: { readonly names: readonly TrainingName[] } & Kernels) {
    const backend = await createBackend({ base, ...kernels });
    const hashes: Record<string, string> = {};
    for (const name of names) {
      const { model, given } = trainings[name];
      const network = typeof model === 'function' ? model() : model;
      const trained = await trainOn(madeUpPictures(), network, { ...given, backend });
      hashes[name] = await sha256(weightsOf(trained.model));
    }
    const { about, numerics } = backend;
    await backend.dispose();
    return { about, multiplyAdd: numerics?.multiplyAdd, hashes };
  },
  /** Trains on copies of the page's picture with labels or numbers, by name, and gives the hash of all weights. */
  async label({
    labels,
    ...given
  }: { readonly labels: Readonly<Record<string, string[] | number>> } & TrainOnOptions) {
    const blob = await (await fetch('/picture.png')).blob();
    const all = Object.keys(labels).map((name) => new File([blob], name.replace('all/', '')));
    const data = await openPictures({ all }, { labels, valFraction: 0 });
    const { model } = await trainOn(data, smallNetwork, { base, threads: 1, ...given });
    return await sha256(weightsOf(model));
  },
  /** A run of a ResNeXt that is stopped after a step, and goes on as its folder says; and the warnings of both. */
  async resume({ given, stopAt }: { readonly given: TrainOnOptions; readonly stopAt: number }) {
    const warnings: string[] = [];
    const stop = new AbortController();
    const begin = (more: TrainOnOptions) =>
      trainOn(madeUpPictures(), smallNetwork, {
        ...{ base, threads: 1, ...more },
        onEvent: (event) => {
          if (event.type === 'warning') warnings.push(event.message);
          if (event.type === 'step' && event.step === stopAt) stop.abort();
        },
      });
    await begin({ ...given, signal: stop.signal });
    const { model, reason } = await begin({ out: given.out, resume: true });
    return { reason, hash: await sha256(weightsOf(model)), warnings };
  },
  /** Networks on one backend: a ResNeXt, one of later, the first once more. What they give, and what computes. */
  async share(training: boolean) {
    const backend = await createBackend({ base, threads: 1, training });
    const abouts = [backend.about];
    const picture = Float32Array.from({ length: 3 * 32 * 32 }, (_, at) => Math.sin(at));
    const make = ({ name, options: given }: typeof smallNetwork | typeof lineage.mobilenet) =>
      compile(createModel(name, given), { input: [1, 3, 32, 32], backend });
    const first = await make(smallNetwork);
    const before = [...(await first.forward(picture)).data];
    const later = await make(lineage.mobilenet);
    abouts.push(backend.about);
    const logits = [...(await later.forward(picture)).data];
    const after = [...(await first.forward(picture)).data];
    await backend.dispose();
    const gone = await make(lineage.mobilenet).then(() => 'made', String);
    return { abouts, isSame: before.join() === after.join(), logits, gone };
  },
  /** What computes on a backend that begins with all networks, and how many names the page knows. */
  async begin() {
    const backend = await createBackend({ base, threads: 1, networks: 'all' });
    const { about } = backend;
    await backend.dispose();
    return { about, names: listModels() };
  },
};
Object.assign(globalThis, calls);

export type AllNetworksCalls = typeof calls;

async function sha256(data: Float32Array<ArrayBuffer>): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', data);
  return [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
