import { Option, type Command } from 'commander';
import { mostThreads } from '../../node/threads.ts';
import { integer, oneOf } from './values.ts';

/** Flags of every command that computes. */
export interface EngineFlags {
  readonly backend: 'wasm' | 'reference';
  readonly threads?: number;
  /** Undefined: a native library is used if there is one. */
  readonly blas?: boolean;
}

export function withEngineFlags(command: Command): Command {
  return command
    .addOption(
      new Option('--backend <name>', 'compute backend: wasm, or reference (plain loops, slow)')
        .default('wasm')
        .argParser(oneOf('--backend', ['wasm', 'reference'])),
    )
    .addOption(
      new Option('--threads <n>', 'number of threads (default: one per core, at most 16)').argParser(
        integer('--threads', 1, mostThreads()),
      ),
    )
    .option('--blas', 'require a native BLAS library for matmuls (default: use one if installed)')
    .option('--no-blas', 'disable native BLAS: run matmuls in WebAssembly');
}

/** What `--checkpoint-activations` means, in every command that has it. */
export const checkpointActivationsHelp =
  'recompute activations in the backward pass: less memory, more time, same results';
