import { extname } from 'node:path';
import { CardinalError, UsageError } from '../base/errors.ts';
import { parseSet } from '../models/options.ts';
import { createModel, modelInfo } from '../models/registry.ts';
import { readClassNames } from '../node/class-names.ts';
import { writeFileAtomic } from '../node/files.ts';
import { prepareFor } from '../node/prepare.ts';
import { describe } from '../node/trained.ts';
import type { WeightsFile } from '../node/weights-file.ts';
import { metadataOf, type Description } from '../train/description.ts';
import type { TensorEntry } from '../weights/archive.ts';
import { requireFit } from '../weights/load.ts';
import { pytorchParts } from '../weights/pytorch/write.ts';
import { safetensorsParts } from '../weights/safetensors.ts';
import type { ConvertFlags } from './commands/convert.ts';
import { openWeights, requirePerChannel } from './loading.ts';
import { printJson, tell } from './print.ts';

/** `cardinal convert`: the weights of a file in another format, number for number; types are kept. */
export async function convert(from: string, to: string, flags: ConvertFlags): Promise<void> {
  const write = writerFor(to);
  await openWeights(from, async (file) => {
    const described = await describeFor(file, flags);
    const tensors =
      described === undefined
        ? file.tensors
        : requireFit(createModel(described.model.name, described.model.options), file.tensors, {
            source: from,
          }).tensors;
    const metadata =
      described === undefined
        ? {
            format: 'pt',
            ...definedIn({
              origin: flags.origin ?? file.known.origin,
              licence: flags.licence ?? file.known.licence,
            }),
          }
        : metadataOf(described);
    await writeFileAtomic(to, write(tensors, metadata));
    const summary = { from, to, tensors: tensors.size, model: described?.model ?? null };
    if (flags.json) printJson(summary);
    else
      tell(
        `wrote ${tensors.size} tensors to ${to}${described === undefined ? '; --model NAME would write down what network they are of' : `, a ${described.model.name}`}`,
      );
  });
}

function definedIn(parts: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(parts).flatMap(([key, part]) => (part === undefined ? [] : [[key, part]])),
  );
}

type Writer = (
  tensors: ReadonlyMap<string, TensorEntry>,
  metadata: Readonly<Record<string, string>>,
) => AsyncIterable<Uint8Array>;

/** By the ending of the file to write. */
function writerFor(path: string): Writer {
  const ending = extname(path).toLowerCase();
  if (ending === '.safetensors') return safetensorsParts;
  if (['.pth', '.pt', '.bin'].includes(ending)) return pytorchParts;
  throw new UsageError(`expected a file to write that ends in .safetensors, .pth or .pt, got ${path}`);
}

/** What can be said of the weights in the new file; nothing if their network is unknown. */
async function describeFor(file: WeightsFile, flags: ConvertFlags): Promise<Description | undefined> {
  const { description: own, known } = file;
  const origin = flags.origin ?? own?.origin ?? known.origin;
  const licence = flags.licence ?? own?.licence ?? known.licence;
  if (own === undefined && flags.model === undefined && known.model === undefined) {
    const lost = (['classes', 'mean', 'std', 'imageSize', 'set'] as const).find(
      (key) => flags[key] !== undefined,
    );
    if (lost === undefined) return undefined;
    const flag = lost === 'imageSize' ? 'image-size' : lost;
    throw new UsageError(`--${flag} is written down beside the network's name: say it with --model`);
  }
  const model = describe(file, flags.model, parseSet(flags.set ?? []));
  const info = modelInfo(model.name, model.options);
  const channels = info.inputShape[0] === 1 ? 1 : 3;
  const said = own?.preprocessing ?? known.preprocessing;
  const prepared = await prepareFor({ preprocessing: said, channels, description: model }, flags);
  requirePerChannel(prepared.preprocessing);
  // What is only a guess is not written down.
  const preprocessing = prepared.note === undefined ? prepared.preprocessing : undefined;
  const input = preprocessing === undefined ? info.inputShape : [channels, ...preprocessing.size];
  const classes =
    flags.classes === undefined ? (own?.classes ?? known.classes) : await readClassNames(flags.classes);
  const { numClasses } = info.options;
  if (classes !== undefined && classes.length !== numClasses) {
    throw new CardinalError(
      `${file.name} is a ${model.name} that tells ${String(numClasses)} classes apart, but there are ${classes.length} names for them`,
    );
  }
  return { ...own, model, input, classes, preprocessing, origin, licence };
}
