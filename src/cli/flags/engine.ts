import { Option, type Command } from 'commander';
import { mostThreads } from '../../node/threads.ts';
import { integer, oneOf } from './values.ts';

/** Flags of every command that computes. */
export interface EngineFlags {
  readonly backend: 'wasm' | 'reference';
  readonly threads?: number;
  /** Absent: if there is a native library. */
  readonly blas?: boolean;
}

export function withEngineFlags(command: Command): Command {
  return command
    .addOption(
      new Option('--backend <name>', 'what computes: wasm, or reference (slow, plain loops)')
        .default('wasm')
        .argParser(oneOf('--backend', ['wasm', 'reference'])),
    )
    .addOption(
      new Option('--threads <n>', 'workers that share each step (one a core, at most 16)').argParser(
        integer('--threads', 1, mostThreads()),
      ),
    )
    .option(
      '--blas',
      'require a native library for matrix products; without the flag it is used where there is one',
    )
    .option('--no-blas', 'leave matrix products to WebAssembly, even if there is a native library');
}

/** What `--checkpoint-activations` means, in every command that has it. */
export const checkpointActivationsHelp =
  'recompute activations in the backward pass: less memory, more time, the same results';
