import * as z from 'zod/mini';
import { UsageError } from '../base/errors.ts';

/** Stands for `loss.ts` in the scripts of a page: weights may have been trained with any loss, the page trains with cross-entropy. */
export const lossSchema = z.custom(() => true);

function none(): undefined {
  return undefined;
}

export { none as lossPlanOf, none as ownLossOf };

export function askedLoss(asked: unknown): unknown {
  if (asked === undefined || asked === 'cross-entropy') return undefined;
  throw new UsageError('`loss`: pages train with cross-entropy');
}

export function withLoss<R extends { readonly loss?: { readonly kind: string } | undefined }>(recipe: R): R {
  askedLoss(recipe.loss?.kind);
  return recipe;
}
