/** Stands for `init.ts` in the engine for inference, whose weights are all read: nothing is drawn. */
import type * as init from './init.ts';
import type { Initializer } from './parameter.ts';

const nothing = (): void => undefined;

const never: Initializer = () => {
  throw new Error('this engine draws no numbers');
};

export const kaimingNormal_: typeof init.kaimingNormal_ = nothing;
export const normal_: typeof init.normal_ = nothing;
export const zeros_: typeof init.zeros_ = nothing;
export const kaimingUniform: typeof init.kaimingUniform = () => never;
export const uniform: typeof init.uniform = () => never;
export const constant: typeof init.constant = () => never;
export const fans: typeof init.fans = () => ({ fanIn: 1, fanOut: 1 });
export const gainOf: typeof init.gainOf = () => 1;
