/** `nn` as users see it: modules, and the summary of a network, which a room behind `nn` counts. */
export * from './nn/index.ts';
export { costSummary, summary, type SummaryOptions } from './cost/summary.ts';
