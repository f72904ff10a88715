/** What needs Node: threads, files and the decoding of pictures. The rest of the library is in `cardinal-nn`. */
export { createNodeBackend as createBackend, defaultThreads, type NodeBackendOptions } from './backend.ts';
export { capabilities, type Capabilities } from './capabilities.ts';
export * from './data/index.ts';
export { RunFolder } from './run-folder.ts';
export { loadWeights, saveWeights } from './weights.ts';
