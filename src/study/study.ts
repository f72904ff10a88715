import type { Cost } from '../cost/cost.ts';
import type { Module } from '../nn/module.ts';
import type { Recipe } from '../train/recipe.ts';
import type { Html } from '../report/html.ts';
import type { StateDict } from '../base/tensor-data.ts';
import type { JsonObject } from '../base/validate.ts';
import type { CheckedClaim } from './claims.ts';
import type { Outcome } from './outcome.ts';

/** `paper` is the paper's own setting; `small` keeps the question and shrinks network and pictures to minutes. */
export const scales = ['small', 'paper'] as const;
export type Scale = (typeof scales)[number];

/** What is done with every arm: trained and evaluated, timed, or only counted. */
export type Task = 'train' | 'time' | 'count';

/** One thing of those that are compared. */
export interface Arm {
  /** Names it in files and in claims: letters, digits, `-`, `_`, `.`. */
  readonly id: string;
  /** As the paper writes it: `32×4d`. */
  readonly label: string;
  /** Arms of one series are joined by a line in charts. */
  readonly series?: string;
  readonly network: ArmNetwork;
  /** The paper's figure for what this arm stands for: top-1 error in percent. */
  readonly published?: number;
}

/** A network of the registry, or (where nothing is trained) any module with the shape of its input, C×H×W. */
export type ArmNetwork =
  | { readonly name: string; readonly options: JsonObject }
  | { readonly build: () => Module; readonly input: readonly [number, number, number] };

/** A number that each run gives. */
export interface Measure {
  readonly key: string;
  readonly label: string;
  readonly unit: string;
  readonly digits: number;
}

/** The pictures a training study is for, if none of one's own are given. */
export interface Pictures {
  readonly name: string;
  readonly train: number;
  readonly test: number;
  readonly classes: number;
  /** Side, in pixels. */
  readonly size: number;
}

export interface TrainingSetting {
  readonly recipe: Recipe;
  /** What the paper used, for a plan before the data is there. */
  readonly pictures: Pictures;
  /** At most so many training pictures, as many of each class. All if absent. */
  readonly trainPictures?: number;
  /** So many test pictures are looked at after every epoch, for the curves; the end is evaluated on all. */
  readonly curvePictures?: number;
  /** Pictures are resized to this side. */
  readonly imageSize?: number;
}

export interface TimingSetting {
  /** Pictures at once. */
  readonly batch: number;
  /** C×H×W of a picture, for networks of the registry. */
  readonly input: readonly [number, number, number];
  /** Each time is the median of so many. */
  readonly rounds: number;
  /** Time a training step as well. */
  readonly step: boolean;
  /** All arms compute what the reference does, with its weights converted. */
  readonly same?: {
    readonly reference: string;
    convert(state: StateDict, arm: Arm): StateDict;
  };
}

/** Arms whose cost must agree: `unit` of each is within `tolerance` (a share) of `times` the first arm's. */
export interface CostRule {
  readonly unit: keyof Pick<Cost, 'parameters' | 'macs'>;
  readonly tolerance: number;
  /** Arm → multiple of the reference's cost. */
  readonly times: Readonly<Record<string, number>>;
  readonly reference: string;
}

export interface Setting {
  /** One sentence: what is compared here. */
  readonly description: string;
  readonly arms: readonly Arm[];
  /** Runs of every arm by default: seeds of a training, repetitions of a timing. */
  readonly seeds: number;
  readonly costs: readonly CostRule[];
  /** Present if the task is `train`. */
  readonly training?: TrainingSetting;
  /** Present if the task is `time`. */
  readonly timing?: TimingSetting;
  /** What the outcomes mean for the paper's claims. */
  check(outcomes: readonly Outcome[]): readonly CheckedClaim[];
}

/** A table of the page. The first cell of each row is its heading. */
export interface Table {
  readonly caption: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Charts that a study can ask for by name. */
export type ChartName = 'measure' | 'curves' | 'parameters';

/** A comparison of the paper as something that runs. */
export interface Study {
  readonly name: string;
  readonly title: string;
  readonly question: string;
  /** Where the paper has it, and the review of the paper from which the project grew (docs/paper.md). */
  readonly source: string;
  readonly task: Task;
  /** The first one is what charts show. */
  readonly measures: readonly Measure[];
  /** Figures of the paper, as it printed them. */
  readonly published?: Table;
  readonly charts: readonly ChartName[];
  /** Tables and drawings of its own, under headings. */
  sections?(setting: Setting, outcomes: readonly Outcome[]): readonly Section[];
  setting(scale: Scale): Setting;
}

export interface Section {
  readonly title: string;
  readonly lead?: string;
  readonly body: Html | Table;
}
