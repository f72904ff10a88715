import { UsageError } from '../../base/errors.ts';
import { countModel } from '../../cost/count-model.ts';
import { listModels, modelInfo } from '../../models/registry.ts';
import { count, short } from '../../report/format.ts';
import { pc } from '../output/colours.ts';
import { print, printJson } from '../output/print.ts';
import { alignColumns } from '../output/table.ts';

/** Flags of `cardinal models`. */
export interface ModelsFlags {
  readonly json: boolean;
}

/** `cardinal models`: the networks of the registry with their cost. */
export function listNetworks(pattern: string | undefined, { json }: ModelsFlags): void {
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
