import type { KnipConfig } from 'knip';

/**
 * What nothing uses: files, exports, dependencies. Patterns that end in `!` are what is published; `knip --production` looks at these alone,
 * so that an export which only a test uses counts as unused, too. `@internal` marks the few that are there for tests.
 */
const config: KnipConfig = {
  entry: [
    // The public interface.
    'src/index.ts!',
    'src/{backends,cost,data,node,train,web,weights}/index.ts!',
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
    'src/node/lock/heartbeat-worker.ts!',
    // Bundled by scripts/build-web.ts.
    'src/web/{engine,training,worker,weights,pictures,jpeg,isolate-worker}.ts!',
    // Stand for other modules in those bundles.
    'src/base/{no-nearest,no-rng}.ts!',
    'src/nn/no-init.ts!',
    'src/web/errors-of-loader.ts!',
    'src/backends/wasm/no-blas-kernels.ts!',
    'src/backends/wasm/lower/table-{inference,training}.ts!',
    'src/graph/ops/index-inference.ts!',
    // Bundled for pages without a bundler of their own.
    'src/cardinal.ts!',
    // Run by hand, by tests or by npm.
    '{bench,examples,scripts}/**/*.ts',
    'examples/web/**/*.{js,mjs}',
    'test/**/*.test.ts',
    'test/package/*program.ts',
  ],
  project: ['src/**/*.ts!', '{bench,examples,scripts,test}/**/*.{ts,js,mjs}'],
  ignore: [
    // Compiled by AssemblyScript, whose imports have no endings.
    'src/backends/wasm/kernels/**',
    // Generated.
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
  ignoreBinaries: ['mkfifo', 'truncate', 'unshare'],
  ignoreExportsUsedInFile: true,
};

export default config;
