import { UsageError } from '../../base/errors.ts';
import { nearest } from '../../base/nearest.ts';
import type { Study } from '../study.ts';
import { depthwise } from './depthwise.ts';
import { figure5 } from './figure5.ts';
import { figure7 } from './figure7.ts';
import { forms } from './forms.ts';
import { residual } from './residual.ts';
import { table2 } from './table2.ts';
import { table3 } from './table3.ts';
import { table4 } from './table4.ts';
import { table5 } from './table5.ts';

/** Every study, in the order of the paper. */
export const studies: readonly Study[] = [
  forms,
  table2,
  table3,
  figure5,
  table4,
  figure7,
  table5,
  residual,
  depthwise,
];

/** The study called `name`. Throws a `UsageError` with the nearest names. */
export function findStudy(name: string): Study {
  const found = studies.find((study) => study.name === name);
  if (found !== undefined) return found;
  const names = studies.map((study) => study.name);
  throw new UsageError(
    `unknown study '${name}'; did you mean ${nearest(name, names, 1).join()}? There are ${names.join(', ')}`,
  );
}
