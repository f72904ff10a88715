import { costSummary, summary } from '../../cost/summary.ts';
import { parseSet } from '../../models/options.ts';
import { createModel, modelInfo } from '../../models/registry.ts';
import type { ModelFlags } from '../flags/weights.ts';
import { print, printJson } from '../output/print.ts';
import { costListing } from './cost-listing.ts';

/** Flags of `cardinal summary`. */
export interface SummaryFlags extends ModelFlags {
  readonly input?: readonly [number, number, number, number];
  readonly depth: number;
  readonly cost: boolean;
  readonly json: boolean;
}

/** `cardinal summary`: a network's layers, shapes, parameters and cost. */
export function summarize(name: string, { input, depth, set = [], cost, json }: SummaryFlags): void {
  const options = parseSet(set);
  const inputSize = input ?? [1, ...modelInfo(name, options).inputShape];
  const model = createModel(name, options);
  const breakdown = costSummary(model, { inputSize, depth });
  if (!json && cost) {
    print(costListing(breakdown, { name, input: inputSize }));
    return;
  }
  const listing = summary(model, { inputSize, depth });
  if (!json) {
    print(listing.toString().split('\n'));
    return;
  }
  // `toString` is no part of the document; JSON leaves functions out.
  printJson({
    model: name,
    options: modelInfo(name, options).options,
    input: inputSize,
    macs: breakdown.total.macs,
    ...listing,
    ...(cost ? { cost: breakdown } : {}),
  });
}
