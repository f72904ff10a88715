import { UsageError } from '../../base/errors.ts';
import { globSource } from '../../base/glob.ts';
import { countModel } from '../../cost/count-model.ts';
import { byFamily, familyOf } from '../../models/families.ts';
import { pretrainedOf, type Pretrained } from '../../models/pretrained/index.ts';
import { listModels, modelInfo } from '../../models/registry.ts';
import { count, short } from '../../report/format.ts';
import { pc } from '../output/colours.ts';
import { print, printJson } from '../output/print.ts';
import { alignColumns } from '../output/table.ts';

/** Flags of `cardinal models`. */
export interface ModelsFlags {
  readonly json: boolean;
}

/** `cardinal models`: the networks of the registry by family, with their cost; with a pattern, their published weights too. */
export function listNetworks(given: string | undefined, { json }: ModelsFlags): void {
  const pattern = given === undefined || /[*?]/.test(given) ? (given ?? '*') : `*${given}*`;
  const listed = networksOf(pattern);
  if (listed.length === 0) {
    throw new UsageError(
      `no model matches '${given ?? ''}'; \`cardinal models\` lists all ${listModels().length}`,
    );
  }
  if (json) {
    printJson(listed);
    return;
  }
  const lines = [...byFamily(listed)].flatMap(([family, members]) => [
    [pc.dim(family), '', '', '', ''],
    ...members.map(({ name, params, macs, input, description }) => [
      `  ${pc.bold(name)}`,
      count(params),
      short(macs),
      input.join('×'),
      pc.dim(description),
    ]),
  ]);
  const header = ['model', 'parameters', 'MACs', 'input', ''].map((title) => pc.dim(title));
  print(
    alignColumns([header, ...lines], ['left', 'right', 'right', 'left', 'left']),
    '',
    pc.dim('MACs: multiply–accumulates of a weight for one picture of that input (two FLOPs each).'),
  );
  const weights = listed.flatMap(({ pretrained }) => pretrained);
  if (weights.length === 0) return;
  if (given === undefined) {
    print(
      pc.dim(`Of ${weights.length} published weights, \`cardinal models NAME\` lists those of a network.`),
    );
  } else print('', weightsListing(weights));
}

/** Those whose name matches, and those of which weights are published whose name does. */
function networksOf(pattern: string) {
  const regex = new RegExp(`^${globSource(pattern)}$`, 'i');
  return listModels().flatMap((name) => {
    const all = pretrainedOf(name);
    const matches = regex.test(name);
    const pretrained = matches ? all : all.filter((weights) => regex.test(weights.name));
    if (!matches && pretrained.length === 0) return [];
    const { description, paper, inputShape, options } = modelInfo(name);
    const { params, macs, activations } = countModel(name);
    const cost = { params, macs, activations };
    return [
      { name, family: familyOf(name), ...cost, input: inputShape, description, paper, options, pretrained },
    ];
  });
}

function weightsListing(weights: readonly Pretrained[]): string[] {
  const rows = weights.map(({ hub, year, licence, pictures, accuracies }) => [
    pc.bold(hub),
    ...['top1', 'top5'].map((top) =>
      accuracies.map((measured) => (top === 'top1' ? measured.top1 : measured.top5).toFixed(2)).join(' · '),
    ),
    accuracies.map(({ size, cropShare }) => `${size} (${cropShare})`).join(' · '),
    `${pictures.size} (${pictures.cropShare}) ${pictures.interpolation}`,
    String(year),
    licence,
  ]);
  const titles = ['published weights', 'top-1 %', 'top-5 %', 'measured at', 'trained for', 'year', 'licence'];
  return [
    ...alignColumns(
      [titles.map((title) => pc.dim(title)), ...rows],
      ['left', 'right', 'right', 'left', 'left', 'left', 'left'],
    ),
    '',
    pc.dim(
      "Accuracy on ImageNet's validation set, for pictures of so many pixels of which that share of the side was cut out.",
    ),
  ];
}
