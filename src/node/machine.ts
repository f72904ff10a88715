import type { Backend } from '../backends/backend.ts';
import { capabilities } from './capabilities.ts';

/** What computed, for people: processor, threads, kernels, library, Node. */
export function machine(backend: Backend): string {
  const { cpu, node, uses } = capabilities();
  const products = backend.library === undefined ? '' : `, matrix products by ${backend.library}`;
  const kernels = backend.name === 'reference' ? 'reference loops' : `WebAssembly ${uses.kernels}${products}`;
  return `${cpu}, ${backend.threads} ${backend.threads === 1 ? 'thread' : 'threads'}, ${kernels}, Node ${node.replace(/^v/, '')}`;
}
