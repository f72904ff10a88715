import type { Command } from 'commander';
import { pc } from '../output/colours.ts';
import { UsageError } from '../../base/errors.ts';
import { count, short } from '../../report/format.ts';
import { withExamples, withJsonFlag } from '../flags.ts';
import { print, printJson } from '../output/print.ts';
import { alignColumns } from '../output/table.ts';

export function define(command: Command): void {
  command.argument('[pattern]', 'part of a name, or a pattern with * and ?');
  withExamples(withJsonFlag(command), 'models', 'models resnext', "models 'resnet*_cifar' --json").action(
    models,
  );
}

async function models(pattern: string | undefined, { json }: { json: boolean }): Promise<void> {
  const [{ countModel }, { listModels, modelInfo }] = await Promise.all([
    import('../../cost/count-model.ts'),
    import('../../models/registry.ts'),
  ]);
  const names = listModels(pattern === undefined || /[*?]/.test(pattern) ? pattern : `*${pattern}*`);
  if (names.length === 0) {
    throw new UsageError(
      `no model matches '${pattern ?? ''}'; \`cardinal models\` lists all ${listModels().length}`,
    );
  }
  const listed = names.map((name) => {
    const { description, paper, inputShape, options } = modelInfo(name);
    const { params, macs, activations } = countModel(name);
    return { name, params, macs, activations, input: inputShape, description, paper, options };
  });
  if (json) {
    printJson(listed);
    return;
  }
  const rows = listed.map(({ name, params, macs, input, description }) => [
    pc.bold(name),
    count(params),
    short(macs),
    input.join('×'),
    pc.dim(description),
  ]);
  const header = ['model', 'parameters', 'MACs', 'input', ''].map((title) => pc.dim(title));
  print(
    alignColumns([header, ...rows], ['left', 'right', 'right', 'left', 'left']),
    '',
    pc.dim('MACs: multiply–accumulates of a weight for one picture of that input (two FLOPs each).'),
  );
}
