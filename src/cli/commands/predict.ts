import type { Command } from 'commander';
import type { EngineFlags } from '../flags.ts';
import { integer, path, withEngineFlags, withExamples, withJsonFlag } from '../flags.ts';

export interface PredictFlags extends EngineFlags {
  readonly top: number;
  readonly json: boolean;
}

export function define(command: Command): void {
  command
    .argument('<checkpoint>', "a run's best.safetensors or last.safetensors", path('checkpoint'))
    .argument('<image...>', 'pictures: JPEG, PNG, WebP, GIF or AVIF')
    .option('--top <k>', 'how many classes to name', integer('--top', 1, 1000), 3);
  withExamples(
    withJsonFlag(withEngineFlags(command)),
    'predict runs/demo/best.safetensors shoe.png',
    'predict best.safetensors photos/*.jpg --top 5 --json',
  ).action(async (checkpoint: string, images: readonly string[], flags: PredictFlags) => {
    const { predict } = await import('../predict-command.ts');
    await predict(checkpoint, images, flags);
  });
}
