import type { Command } from 'commander';
import { UsageError } from '../../base/errors.ts';
import { integer, perChannel } from './values.ts';

/**
 * Collects the `key=value` pairs of `--set`, which takes several and may be repeated; `parseSet` parses them. Anything else was
 * most likely meant as an argument.
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
    'set options of the network: layers, cardinality, baseWidth, numClasses, inChannels, residual, form, widthMultiplier …',
    setting,
  );
}

/** Help for the argument of commands that need a network and its weights. */
export const weightsArgument =
  "a run's best.safetensors, or any weights: .safetensors, .pth, .pt, hf:owner/repo, or a folder as the hub has it";

/** Help for the argument of commands that only need tensors. */
export const weightsFileArgument = 'weights file: .safetensors, .pth, .pt, or hf:owner/repo';

/** Flags of every command that loads weights into a network: how many channels it has, and how much must fit. */
export interface FitFlags {
  readonly inChannels?: number;
  readonly partial?: boolean;
  readonly verify?: boolean;
}

export function withFitFlags(command: Command): Command {
  return command
    .option(
      '--in-channels <n>',
      "number of input channels; adapts the first convolution: sums its channels for 1, repeats and rescales them for more (default: the weights')",
      integer('--in-channels', 1, 1024),
    )
    .option('--partial', 'load the tensors that fit and list the others, which keep their initial values')
    .option('--no-verify', 'load weights even if their checksums do not match');
}

/** Flags of every command that takes weights and a network: what the file does not say itself. */
export interface WeightsFlags extends ModelFlags, FitFlags {
  readonly model?: string;
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
  readonly imageSize?: number;
}

export function withWeightsFlags(command: Command): Command {
  const prepared = command
    .option('--model <name>', 'network that the weights belong to (default: the one named in a checkpoint)')
    .option(
      '--mean <list>',
      "mean of each channel, in [0, 1] (default: the checkpoint's)",
      perChannel('--mean', false),
    )
    .option(
      '--std <list>',
      "standard deviation of each channel (default: the checkpoint's)",
      perChannel('--std', true),
    )
    .option(
      '--image-size <n>',
      "height and width of the network's input (default: the checkpoint's)",
      integer('--image-size', 8, 4096),
    );
  return withFitFlags(withSetFlag(prepared));
}
