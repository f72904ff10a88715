import type { Command } from 'commander';
import type { EngineFlags, ModelFlags } from '../flags.ts';
import {
  integer,
  oneOf,
  path,
  perChannel,
  withEngineFlags,
  withExamples,
  withJsonFlag,
  withSetFlag,
} from '../flags.ts';

export interface EvalFlags extends EngineFlags, ModelFlags {
  readonly model?: string;
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
  readonly imageSize?: number;
  readonly split?: 'train' | 'val' | 'test';
  readonly batchSize: number;
  readonly strict: boolean;
  readonly json: boolean;
}

export function define(command: Command): void {
  command
    .argument(
      '<checkpoint>',
      "a run's best.safetensors or last.safetensors, or bare weights with --model",
      path('checkpoint'),
    )
    .argument('<data>', 'a folder of class folders, CIFAR binary or IDX files', path('data'))
    .option('--model <name>', 'what bare weights are of; a checkpoint says it itself')
    .option('--mean <list>', "of each channel, in [0, 1] (the checkpoint's)", perChannel('--mean', false))
    .option('--std <list>', "of each channel (the checkpoint's)", perChannel('--std', true))
    .option(
      '--image-size <n>',
      "side of the network's input (the checkpoint's)",
      integer('--image-size', 8, 4096),
    )
    .option(
      '--split <name>',
      'train, val or test (test, or val if there is none)',
      oneOf('--split', ['train', 'val', 'test']),
    )
    .option('--batch-size <n>', 'pictures at once', integer('--batch-size', 1, 65_536), 64)
    .option('--strict', 'refuse pictures that cannot be decoded instead of leaving them out', false);
  withExamples(
    withJsonFlag(withEngineFlags(withSetFlag(command))),
    'eval runs/demo/best.safetensors data/fashion-mnist-sample',
    'eval runs/demo/best.safetensors photos --split val --json',
    'eval resnet20.safetensors cifar-10-batches-bin --model resnet20_cifar --mean 0.485,0.456,0.406 --std 0.229,0.224,0.225',
  ).action(async (checkpoint: string, data: string, flags: EvalFlags) => {
    const { judge } = await import('../eval-command.ts');
    await judge(checkpoint, data, flags);
  });
}
