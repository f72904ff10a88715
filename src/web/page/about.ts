import type { EngineFacts } from '../engine/backend.ts';
import { whyOneThread } from './threads.ts';

/** What an engine computes with, and why it has no more threads: for people. */
export function aboutEngine({ kernels, threads, multiplyAdd }: EngineFacts): string {
  const simd = kernels === 'simd' ? 'SIMD' : 'relaxed SIMD';
  const count = threads === 1 ? '1 thread' : `${threads} threads`;
  const reason = whyOneThread();
  const because = reason === undefined ? '' : `, because ${reason}`;
  return `WebAssembly with ${simd}, ${count} (${multiplyAdd} multiply–adds)${because}`;
}
