import type { KnipConfig } from 'knip';

/**
 * What nothing uses: files, exports, dependencies. Patterns that end in `!` are what is published; `knip --production` looks at these alone,
 * so that an export which only a test uses counts as unused, too. `@internal` marks the few that are there for tests.
 */
const config: KnipConfig = {
  entry: [
    // The public interface.
    'src/index.ts!',
    'src/{backends,cost,data,node,serve,studio,train,web,weights}/index.ts!',
    'src/web/isolate.ts!',
    // Types of the platform, which the declarations of each entrance name.
    'src/base/globals.ts!',
    // What scripts/kernel-args.ts makes the kernels' classes of.
    'src/backends/wasm/args/index.ts!',
    // Started by their path: the command line by bin/cardinal.js, the others as threads.
    'src/cli/main.ts!',
    'src/node/isolated-worker.ts!',
    'src/node/wasm-worker.ts!',
    'src/node/data/loader-worker.ts!',
    'src/node/data/prepare-worker.ts!',
    'src/node/lock/heartbeat-worker.ts!',
    'src/node/mpi/end-watch-worker.ts!',
    'src/node/mpi/start-watch-worker.ts!',
    // Loaded by a page.
    'src/serve/page/in-page.js!',
    // Bundled by scripts/build-web.ts.
    'src/web/{engine,explain,training,worker,weights,pictures,jpeg,isolate-worker}.ts!',
    // Stand for other modules in those bundles.
    'src/base/{known-distance,no-nearest,no-rng,small-crc32,small-schemas}.ts!',
    'src/models/{all-known,no-lineage-entries,no-parts}.ts!',
    'src/use/no-plain-answer.ts!',
    'src/nn/{no-backbone,no-init,no-several}.ts!',
    'src/weights/no-torchvision-names.ts!',
    'src/web/errors-of-loader.ts!',
    'src/web/engine/own-weights-script.ts!',
    'src/weights/onnx/no-norm-steps.ts!',
    'src/backends/no-reductions.ts!',
    'src/backends/wasm/no-{blas-kernels,kernels-of}.ts!',
    'src/plan/{no-buckets,no-divide,no-loss,no-losses,no-other-update,no-outputs,one-batch-size}.ts!',
    'src/backends/wasm/lower/{no-lineage,no-lineage-convolutions,no-sync-batch-norm,table-inference,table-inference-all,table-training}.ts!',
    'src/data/{no-strong-augmentation,no-targets}.ts!',
    'src/data/shards/no-shards.ts!',
    'src/data/own/{no-own-loading,no-streams}.ts!',
    'src/run/report/no-reliability.ts!',
    'src/run/training/no-own-parts.ts!',
    'src/backends/wasm/args/no-more-activations.ts!',
    'src/graph/{all-fusable,no-more-activations}.ts!',
    'src/graph/ops/{index-inference,index-inference-all,no-lineage,no-ranks}.ts!',
    'src/run/training/alone.ts!',
    'src/train/{no-add-up,no-lineage-recipes,no-learning-rates,no-loss,no-other-optimizers,no-standardize,no-task-tally,no-unfreeze}.ts!',
    // Bundled for pages without a bundler of their own.
    'src/cardinal.ts!',
    // Run by hand, by tests or by npm.
    '{bench,examples,scripts}/**/*.ts',
    'examples/web/**/*.{js,mjs}',
    // Bundled by scripts/build-studio.ts.
    'studio/src/main.tsx',
    'studio/src/single/main.tsx',
    'test/**/*.test.ts',
    'test/package/*program.ts',
  ],
  project: ['src/**/*.{ts,js}!', 'studio/**/*.{ts,tsx}', '{bench,examples,scripts,test}/**/*.{ts,js,mjs}'],
  ignore: [
    // Compiled by AssemblyScript, whose imports have no endings.
    'src/backends/wasm/kernels/**',
    // Generated.
    'src/serve/grpc/inference_pb.ts',
    'src/weights/onnx/onnx_pb.ts',
  ],
  ignoreDependencies: [
    // The package itself, so that its tests import it as its users do.
    'cardinal-nn',
    // Named as text in examples/web/webpack/webpack.config.js.
    'ts-loader',
    // Run by scripts/check-package.ts.
    '@arethetypeswrong/cli',
    'publint',
    // Peers that the benchmarks are compared with; docs/performance.md says how they are installed.
    '@tensorflow/tfjs',
    '@tensorflow/tfjs-backend-wasm',
  ],
  // Called by tests where the system has them.
  ignoreBinaries: ['cc', 'mkfifo', 'systemd-analyze', 'truncate', 'unshare'],
  ignoreExportsUsedInFile: true,
};

export default config;
