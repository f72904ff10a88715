/** Stands for `init.ts` in the engine for inference, whose weights are all read: nothing is drawn. */
const nothing = (): void => undefined;

export const kaimingNormal_ = nothing;
export const normal_ = nothing;
export const zeros_ = nothing;
export const kaimingUniform = nothing;
export const uniform = nothing;
export const constant = nothing;
export const fans = (): { readonly fanOut: number } => ({ fanOut: 1 });
export const gainOf = (): number => 1;
