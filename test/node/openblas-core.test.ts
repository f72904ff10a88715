import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { findBlas } from '../../src/node/blas.ts';

const cpuInfo = process.platform === 'linux' ? readFileSync('/proc/cpuinfo', 'utf8') : '';
const blas = await findBlas();
const isMeant =
  blas?.name === 'OpenBLAS' && cpuInfo.includes(' avx2 ') && process.env['OPENBLAS_CORETYPE'] === undefined;
if (!isMeant) {
  console.warn(
    'not tested: the kernels of OpenBLAS, which is not there, was told which, or has no AVX2 here',
  );
}

test.skipIf(!isMeant)('OpenBLAS runs kernels with the vectors of a processor that it does not know', () => {
  expect(blas?.processor).not.toBe('Prescott');
  expect(blas?.version).not.toContain('Prescott');
});
