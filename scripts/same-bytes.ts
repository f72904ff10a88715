/**
 * Trains a tiny network through the built package on each line of Node that is supported, with each build of the kernels, on one
 * thread and on two, without a native library, and fails unless the weights are the same, byte for byte. There it also serves one: answers,
 * takes new weights on SIGHUP, and ends on SIGTERM.
 *
 *     npm run test:nodes                the newest Node of each line
 *     npm run test:nodes -- 24.0.0 27   these
 *
 * The build without relaxed SIMD rounds more often than the others: it agrees with itself.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { balancedSubset } from 'cardinal-nn/data';
import { capabilities, createBackend, openData, trainOn } from 'cardinal-nn/node';
import { onNode, root } from './on-node.ts';
import { serveHere } from './serve-here.ts';

const self = join(root, 'scripts/same-bytes.ts');
const usual = ['22', '24', '25', '26'];

type Build = 'simd' | 'relaxed' | 'wide';

/** A short hash of the weights by `<build> <threads>`. */
type Hashes = Readonly<Record<string, string>>;

interface Outcome {
  readonly node: string;
  readonly fastest: string;
  readonly hashes: Hashes;
  /** Versions of weights that answered over HTTP, and the exit code of the server. */
  readonly served: Awaited<ReturnType<typeof serveHere>>;
}

const asked = process.argv.slice(2);
if (asked[0] === '--here') console.log(JSON.stringify(await trainHere()));
else await main(asked.length === 0 ? usual : asked);

async function trainHere(): Promise<Outcome> {
  const { node, wasm, wideVectors, uses } = capabilities();
  const builds: Build[] = ['simd'];
  if (wasm.relaxedSimd) builds.push('relaxed');
  if (wideVectors.usable) builds.push('wide');
  const hashes: Record<string, string> = {};
  for (const kernels of builds) {
    for (const threads of [1, 2]) hashes[`${kernels} ${threads}`] = await train(kernels, threads);
  }
  return { node, fastest: uses.kernels, hashes, served: await serveHere() };
}

async function train(kernels: Build, threads: number): Promise<string> {
  const data = await openData(join(root, 'data/fashion-mnist-sample'));
  if (data.train === undefined) throw new Error('the sample has no training pictures');
  const few = { ...data, train: balancedSubset(data.train, 100, 1), val: undefined };
  const backend = await createBackend({ kernels, threads, blas: false });
  try {
    const options = { layers: [1, 1, 1], cardinality: 4, baseWidth: 16, planes: 8 };
    const { model } = await trainOn(
      few,
      { name: 'resnext_cifar', options },
      { backend, seed: 1, epochs: 1, batchSize: 25 },
    );
    const hash = createHash('sha256');
    for (const [name, { data }] of model.stateDict()) {
      hash.update(name).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    }
    return hash.digest('hex').slice(0, 16);
  } finally {
    await backend.dispose();
  }
}

async function main(versions: readonly string[]): Promise<void> {
  const outcomes: Outcome[] = [];
  for (const version of versions) {
    const { code, stdout, stderr } = await onNode(version, self, ['--here']);
    if (code !== 0) throw new Error(`Node ${version} did not train: ${stderr.slice(0, 3000)}`);
    const outcome = JSON.parse(stdout) as Outcome;
    outcomes.push(outcome);
    const [before, after] = outcome.served.versions;
    if (before === after || outcome.served.code !== 143) {
      console.error(`Node ${outcome.node} does not serve as it should: ${JSON.stringify(outcome.served)}`);
      process.exitCode = 1;
    }
    const hashes = Object.entries(outcome.hashes).map(([setting, hash]) => `${setting}: ${hash}`);
    console.log(`Node ${outcome.node}, by default ${outcome.fastest}: ${hashes.join(', ')}`);
  }
  for (const family of [['simd'], ['relaxed', 'wide']]) {
    const found = outcomes.flatMap(({ node, hashes }) =>
      Object.entries(hashes)
        .filter(([setting]) => family.includes(setting.split(' ')[0]))
        .map(([setting, hash]) => ({ where: `${setting} on Node ${node}`, hash })),
    );
    const other = found.find(({ hash }) => hash !== found[0].hash);
    if (other === undefined) continue;
    console.error(`other weights: ${found[0].where}: ${found[0].hash}, ${other.where}: ${other.hash}`);
    process.exitCode = 1;
  }
}
