import type { PageEngine } from './engine.ts';
import { whyOneThread } from './threads.ts';

/** What an engine computes with, and why it has no more threads: for people. */
export function aboutEngine({
  facts: { kernels, threads, multiplyAdd },
  networks,
}: Pick<PageEngine, 'facts' | 'networks'>): string {
  const simd = kernels === 'simd' ? 'SIMD' : 'relaxed SIMD';
  const count = threads === 1 ? '1 thread' : `${threads} threads`;
  const reason = whyOneThread();
  const because = reason === undefined ? '' : `, because ${reason}`;
  const scope = networks === 'all' ? ' for all networks' : '';
  return `WebAssembly with ${simd}${scope}, ${count} (${multiplyAdd} multiply–adds)${because}`;
}
