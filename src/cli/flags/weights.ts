import type { Command } from 'commander';
import { UsageError } from '../../base/errors.ts';
import { integer, perChannel } from './values.ts';

/**
 * Gathers the `key=value` pairs of `--set`, which takes several and may be repeated; `parseSet` of the registry reads
 * them. Whatever is no pair was most likely meant as an argument.
 */
export function setting(text: string, earlier: readonly string[] | undefined): readonly string[] {
  if (!/^[A-Za-z]\w*=./s.test(text)) {
    throw new UsageError(
      `--set: expected key=value, got '${text}' (an argument that is no setting goes before --set)`,
    );
  }
  return [...(earlier ?? []), text];
}

/** Flags of every command that builds a network by name. */
export interface ModelFlags {
  readonly set?: readonly string[];
}

export function withSetFlag(command: Command): Command {
  return command.option(
    '--set <key=value...>',
    'change the network: layers, cardinality, baseWidth, numClasses, inChannels, residual, form, widthMultiplier …',
    setting,
  );
}

/** What a command that takes weights calls them in its help. */
export const weightsArgument =
  "a run's best.safetensors, or weights of other programs: .pth, .pt, .safetensors, hf:owner/repo";

/** The same for commands that want no network of them. */
export const weightsFileArgument = 'a file of weights: .safetensors, .pth, .pt, or hf:owner/repo';

/** Flags of every command that loads weights: how much of them must fit, and for how many channels. */
export interface FitFlags {
  readonly inChannels?: number;
  readonly partial?: boolean;
  readonly verify?: boolean;
}

export function withFitFlags(command: Command): Command {
  return command
    .option(
      '--in-channels <n>',
      "of the pictures: adapts the weights' first convolution, summed for 1, repeated and scaled for more (the weights')",
      integer('--in-channels', 1, 1024),
    )
    .option(
      '--partial',
      'load what fits of the weights and list the rest, which stays as the network draws it',
    )
    .option('--no-verify', 'load weights though their checksums say that they are damaged');
}

/** Flags of every command that takes weights: what the file does not say itself. */
export interface WeightsFlags extends ModelFlags, FitFlags {
  readonly model?: string;
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
  readonly imageSize?: number;
}

export function withWeightsFlags(command: Command): Command {
  const prepared = command
    .option('--model <name>', 'what bare weights are of; a checkpoint says it itself')
    .option('--mean <list>', "of each channel, in [0, 1] (the checkpoint's)", perChannel('--mean', false))
    .option('--std <list>', "of each channel (the checkpoint's)", perChannel('--std', true))
    .option(
      '--image-size <n>',
      "side of the network's input (the checkpoint's)",
      integer('--image-size', 8, 4096),
    );
  return withFitFlags(withSetFlag(prepared));
}
