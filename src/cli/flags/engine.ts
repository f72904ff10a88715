import { Option, type Command } from 'commander';
import { backendNames, backends, defaultBackend, type BackendName } from '../../node/backends.ts';
import { mostThreads } from '../../node/threads.ts';
import { integer, oneOf } from './values.ts';

/** Flags of every command that computes. */
export interface EngineFlags {
  readonly backend: BackendName;
  readonly threads?: number | undefined;
  /** Undefined: a native library is used if there is one. */
  readonly blas?: boolean | undefined;
}

const backendList = backendNames.map((name) => `${name} (${backends[name].about})`).join(', ');

export function withEngineFlags(command: Command): Command {
  return command
    .addOption(
      new Option('--backend <name>', `compute backend: ${backendList}`)
        .default(defaultBackend)
        .argParser(oneOf('--backend', backendNames)),
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
