import { shortened } from '../../base/quoted.ts';
import { sizeOf } from '../../base/shape.ts';
import type { WeightsFile } from '../../node/weights-file.ts';
import { bytes, count } from '../../report/format.ts';
import type { TensorArchive, TensorEntry } from '../../weights/archive.ts';
import { elementBytes } from '../../weights/dtypes.ts';
import { fittingModels, type Fit } from '../../weights/fit.ts';
import { openWeights } from '../loading.ts';
import { pc } from '../output/colours.ts';
import { print, printJson } from '../output/print.ts';
import { alignColumns } from '../output/table.ts';

/** Flags of `cardinal inspect`. */
export interface InspectFlags {
  readonly json: boolean;
}

/** `cardinal inspect`: lists what a weights file holds, from its directory; no tensor is read. */
export async function inspect(path: string, flags: InspectFlags): Promise<void> {
  const show = (file: WeightsFile): Promise<void> => {
    const fits = fittingModels(file.tensors);
    if (flags.json) printJson(document(file, fits));
    else print(lines(file, fits));
    return Promise.resolve();
  };
  // A damaged file is listed as well; `cardinal verify` finds the damage.
  await openWeights(path, show, { verify: false });
}

const formats: Readonly<Record<TensorArchive['format'], string>> = {
  safetensors: 'safetensors',
  pytorch: 'PyTorch',
  'pytorch-legacy': 'PyTorch, the format before 1.6',
  torchscript: 'TorchScript',
};

function document({ name, archive, notes }: WeightsFile, fits: readonly Fit[]): object {
  return {
    file: name,
    format: archive.format,
    metadata: Object.fromEntries(archive.metadata),
    tensors: [...archive.tensors].map(([tensor, { dtype, shape }]) => ({ name: tensor, dtype, shape })),
    unreadable: [...archive.unreadable].map(([tensor, what]) => ({ name: tensor, ...what })),
    objects: Object.fromEntries(archive.objects),
    fits,
    notes,
  };
}

function lines({ name, archive, tensors }: WeightsFile, fits: readonly Fit[]): string[] {
  const all = [...archive.tensors];
  const total = all.reduce((sum, [, entry]) => sum + bytesOf(entry), 0);
  return [
    ...alignColumns(
      [
        ...all.map(([tensor, { dtype, shape }]) => [
          shortened(tensor),
          pc.dim(dtype),
          shape.join('×') || pc.dim('scalar'),
        ]),
        ...[...archive.unreadable].map(([tensor, { type, shape }]) => [
          shortened(tensor),
          pc.dim(shortened(type)),
          `${shape === undefined ? '' : `${shortened(shape.join('×')) || 'scalar'}, `}cannot be read`,
        ]),
      ],
      ['left', 'left', 'left'],
    ),
    '',
    `${pc.bold(name)}: ${formats[archive.format]}, ${count(all.length)} ${all.length === 1 ? 'tensor' : 'tensors'}, ${bytes(total)}`,
    ...alignColumns(
      [...archive.metadata].map(([key, value]) => [
        `  ${pc.dim(shortened(key))}`,
        shortened(value.replace(/\s+/g, ' ')),
      ]),
      ['left', 'left'],
    ),
    ...(archive.objects.size === 0
      ? []
      : [
          archive.objects.has('object')
            ? 'Python objects, of which only tensors are read:'
            : 'beside the tensors, Python objects, which are not loaded:',
        ]),
    ...alignColumns(
      [...archive.objects].map(([key, type]) => [`  ${pc.dim(shortened(key))}`, shortened(type)]),
      ['left', 'left'],
    ),
    `weights: ${count([...tensors.values()].reduce((sum, { shape }) => sum + sizeOf(shape), 0))} numbers, running statistics included`,
    ...(fits.length === 0
      ? ['fits no network of the registry; `cardinal eval --model NAME` shows what differs']
      : ['fits', ...fits.map((fit) => `  ${fitLine(fit)}`)]),
  ];
}

function fitLine({ model, options, nameMap }: Fit): string {
  const set = Object.entries(options).map(([key, value]) => `${key}=${String(value)}`);
  const names = nameMap === 'torchvision' ? '' : pc.dim(` (names of ${nameMap})`);
  return `--model ${pc.bold(model)}${set.length === 0 ? '' : ` ${pc.dim(`(${set.join(', ')})`)}`}${names}`;
}

function bytesOf({ dtype, shape }: TensorEntry): number {
  return sizeOf(shape) * elementBytes(dtype);
}
