import type { Module } from '../nn/index.ts';
import type { ModelOptions, OptionName } from './options.ts';

/** A named network and what may be changed about it. */
export interface ModelEntry {
  /** `architecture.tag`, in timm's manner; the tag, if any, says which of several versions. */
  readonly name: string;
  /** Other names that it is found under; it is listed under `name` alone. */
  readonly aliases?: readonly string[];
  readonly description: string;
  readonly paper: string;
  /** C×H×W of the pictures it was designed for. */
  readonly inputShape: readonly [number, number, number];
  /** How its published weights want their pictures, where that is not as ImageNet's networks usually do. */
  readonly pictures?: Pictures;
  /** What the options are unless set; exactly these can be set. */
  readonly defaults: ModelOptions;
  /** The network that this one is a setting of: what the name fixes here can be chosen there. */
  readonly settingOf?: 'resnext' | 'resnext_cifar' | 'resnext_cifar.kuangliu';
  build(options: ModelOptions): Module;
}

/** What is published beside a network of how its pictures were prepared, for those of three channels. */
export interface Pictures {
  /** Share of the resized picture's side that is cut out of its middle: timm's `crop_pct`. */
  readonly cropShare: number;
  readonly interpolation: 'bilinear' | 'bicubic';
  /** Per channel, of values in [0, 1]. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** The options a model accepts. */
export function optionsOf(entry: ModelEntry): readonly OptionName[] {
  // The keys of a ModelOptions literal.
  return Object.keys(entry.defaults) as OptionName[];
}
