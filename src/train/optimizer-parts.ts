import * as z from 'zod/mini';

/** What schemas of optimisers have in common. */

export const share = z.number().check(z.minimum(0), z.lt(1));

export const decay = {
  /** λ: SGD and RMSProp add λ·w to the gradient (L2); AdamW, Lion and LAMB shrink w by lr·λ (decoupled). */
  weightDecay: z._default(z.number().check(z.minimum(0)), 0),
  /**
   * Whether batch norm's γ and β and biases decay too. The paper's code decays everything; many later recipes leave
   * 1-dimensional parameters out.
   */
  decayNorms: z._default(z.boolean(), true),
};
