import { wideVectors } from '../../src/node/wide-vectors.ts';
import { browsers } from '../../test/browser/support/browsers.ts';
import type { Entrant } from '../compare/contender.ts';
import { nodeEntrant } from '../compare/entrants.ts';
import type { Work } from '../compare/work.ts';
import type { PageOptions } from './page-program.ts';

const titles = { chromium: 'Chromium', firefox: 'Firefox' } as const;

/** Cardinal in Node, with each build of the kernels; every page is compared with these. */
export const nodeNames = {
  wide: 'Node, wide',
  relaxed: 'Node, relaxed',
  one: 'Node, relaxed, 1 thread',
} as const;

/** Cardinal in Node, and in every browser Cardinal and its peers. */
export function pageEntrants(work: Work, threads: number): Entrant[] {
  const node = (name: string, count: number, kernels: 'wide' | 'relaxed'): Entrant => ({
    ...{ name, threads: count },
    ...nodeEntrant('cardinal.ts', work, { threads: count, blas: false, kernels }),
  });
  const entrants = [node(nodeNames.relaxed, threads, 'relaxed'), node(nodeNames.one, 1, 'relaxed')];
  const { usable, reason } = wideVectors();
  if (usable) entrants.unshift(node(nodeNames.wide, threads, 'wide'));
  else console.log(`  ${nodeNames.wide}: left out, ${reason}`);
  return [...entrants, ...browsers.flatMap((browser) => pagesOf(work, browser, threads))];
}

function pagesOf(work: Work, browser: PageOptions['browser'], threads: number): Entrant[] {
  const page = (what: string, options: Omit<PageOptions, 'browser'>): Entrant => ({
    ...{ name: `${titles[browser]}: ${what}`, threads: options.threads },
    ...nodeEntrant('../browser/contender.ts', work, { browser, ...options }),
  });
  const peers =
    work.kind === 'training'
      ? (['jax', 'tensorflow'] as const)
      : (['onnxruntime-web', 'tensorflow'] as const);
  return [
    page('Cardinal', { library: 'cardinal', threads, isolated: true }),
    page('Cardinal, 1 thread', { library: 'cardinal', threads: 1, isolated: true }),
    page('Cardinal, not isolated', { library: 'cardinal', threads: 1, isolated: false }),
    ...peers.map((library) =>
      page(peerNames[library], { library, threads: library === 'jax' ? 1 : threads, isolated: true }),
    ),
  ];
}

/** jax-js computes on one thread, whatever it is asked for. */
const peerNames = {
  'onnxruntime-web': 'onnxruntime-web',
  tensorflow: 'TensorFlow.js',
  jax: 'jax-js',
} as const;
