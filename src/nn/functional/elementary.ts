import type { Value } from '../../graph/value.ts';
import { record, valuesOf, type Operand } from './operand.ts';

/*
 * Functions of each element by itself, x of any shape, as torch has them: what losses of one's own are made of beside arithmetic.
 */

/** e^x. */
export function exp(x: Operand): Value {
  return record('exp', valuesOf('exp', [x]), 'exp', {});
}

/** The natural logarithm: −∞ of 0, NaN below it. */
export function log(x: Operand): Value {
  return record('log', valuesOf('log', [x]), 'log', {});
}

/** |x|; its slope at 0 is 0. */
export function abs(x: Operand): Value {
  return record('abs', valuesOf('abs', [x]), 'abs', {});
}

/** √x: NaN below 0. */
export function sqrt(x: Operand): Value {
  return record('sqrt', valuesOf('sqrt', [x]), 'sqrt', {});
}

/** log(1 + e^x), without overflow. The logarithm of a sigmoid is −softplus(−x). */
export function softplus(x: Operand): Value {
  return record('softplus', valuesOf('softplus', [x]), 'softplus', {});
}
