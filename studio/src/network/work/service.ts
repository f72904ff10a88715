import type { PlanTimeline } from 'cardinal-nn/backends';
import type { CostTemplate, Tradeoff } from 'cardinal-nn/cost';
import type { Call } from 'cardinal-nn/studio';
import type { Part } from '../outline.ts';

/** A network of the registry, and what is set on it beside its defaults. */
export interface Choice {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** A name of the registry. */
export interface Listed {
  readonly name: string;
  readonly family: string;
}

/** What the room shows of a chosen network. */
export interface Shown {
  readonly choice: Choice;
  readonly description: string;
  readonly paper: string;
  /** All options, defaults included. */
  readonly options: Readonly<Record<string, unknown>>;
  /** C×H×W. */
  readonly inputShape: readonly number[];
  readonly parameters: number;
  readonly macs: number;
  readonly activations: number;
  readonly network: Part;
}

/** Parameters, MACs and activations of a network or a block, for one picture. */
export interface Counted {
  readonly name: string;
  readonly parameters: number;
  readonly macs: number;
  readonly activations: number;
}

/** A bottleneck of the ResNeXt paper whose input passes on as it is. */
export interface BlockShape {
  /** C. */
  readonly cardinality: number;
  /** d: channels of each path. */
  readonly width: number;
  /** Channels in and out, a multiple of 4. */
  readonly inputWidth: number;
  /** Side of the square picture that goes through it. */
  readonly pictureSize: number;
}

export interface ProgramAsked {
  readonly choice: Choice;
  readonly batch: number;
  readonly training: boolean;
  readonly checkpointActivations: boolean;
}

/** What is computed beside the page, so that no control waits for it. */
export interface NetworkWork {
  list: Call<[], readonly Listed[]>;
  show: Call<[choice: Choice], Shown>;
  /** The networks of this list, counted. */
  count: Call<[choices: readonly Choice[]], readonly Counted[]>;
  /** The widths at which a block of each cardinality costs what this one does, or `budget` parameters. */
  tradeoff: Call<
    [block: Pick<BlockShape, 'inputWidth' | 'pictureSize'>, budget: number, cardinalities: readonly number[]],
    readonly Tradeoff[]
  >;
  /** A block in the forms (a), (b) and (c) of Figure 3, built and counted. */
  forms: Call<[block: BlockShape], readonly Counted[]>;
  /** From one group to depthwise at the cost of ResNet-50, with the MACs of each whole network. */
  continuum: Call<[], readonly (CostTemplate & { readonly macs: number })[]>;
  program: Call<[asked: ProgramAsked], PlanTimeline>;
}
