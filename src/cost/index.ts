/** What a network costs: parameters, multiply–accumulates and activations, as each tool counts them, and cardinality against width. */
export type {} from '../base/globals.ts'; // Globals that declarations speak of: nothing at run time.

export {
  costBreakdown,
  type CostBreakdown,
  type KindCost,
  type LayerCost,
  type PartCost,
} from './breakdown.ts';
export type { Convention } from './conventions.ts';
export { costOf } from './cost.ts';
export { costTree, type CostEdge, type CostNode } from './cost-tree.ts';
export { countModel, type ModelCount } from './count-model.ts';
export { toDepthwiseLimit, type CostTemplate } from './depthwise-limit.ts';
export { receptiveField, type ReceptiveField } from './receptive-field.ts';
export { countSeparable, separableRatio, type SeparableCost, type SeparableShape } from './separable-cost.ts';
export { costSummary, summary, type SummaryOptions } from './summary.ts';
export { bottleneckLayers, equalCostTemplates, type Template, type TemplateOptions } from './templates.ts';
export {
  bottleneckParameters,
  cardinalityTradeoff,
  type CostUnit,
  type CountedBlock,
  type Tradeoff,
  type TradeoffOptions,
} from './tradeoff.ts';
