import { extname } from 'node:path';
import { UsageError } from '../../base/errors.ts';
import { convertForm } from '../../models/convert-form.ts';
import { parseSet, type Form } from '../../models/options.ts';
import { createModel, modelInfo } from '../../models/registry.ts';
import type { Module } from '../../nn/module.ts';
import { readClassNames } from '../../node/class-names.ts';
import { requireClassNames } from '../../use/require-class-names.ts';
import { writeFileAtomic } from '../../node/files.ts';
import { prepareFor } from '../../node/prepare.ts';
import { identifyNetwork, suggestion, withFitting, type FitOptions } from '../../use/identify.ts';
import { isAdapted, weightsFactsOf } from '../../use/weights-facts.ts';
import type { WeightsFile } from '../../node/weights-file.ts';
import { count } from '../../report/format.ts';
import { metadataOf, type Description } from '../../train/description.ts';
import { readTensors, type TensorEntry } from '../../weights/archive.ts';
import { requireFit, type Fitting } from '../../weights/load.ts';
import { asTorchvisions } from '../../weights/name-maps.ts';
import { pytorchParts } from '../../weights/pytorch/write.ts';
import { entriesOf, safetensorsParts } from '../../weights/safetensors.ts';
import type { WeightsFlags } from '../flags/weights.ts';
import { openWeights, tellUnmatched, warnOfOther } from '../loading.ts';
import { requirePerChannel } from '../../use/per-channel.ts';
import { printJson, tell } from '../output/print.ts';

/** Flags of `cardinal convert`. */
export interface ConvertFlags extends WeightsFlags {
  readonly form?: Form;
  readonly names?: 'torchvision';
  readonly classes?: string;
  readonly licence?: string;
  readonly origin?: string;
  readonly json: boolean;
}

/**
 * `cardinal convert`: the weights of a file in another format, number for number; types are kept (in another form of the
 * blocks, all floats are F32).
 */
export async function convert(from: string, to: string, flags: ConvertFlags): Promise<void> {
  const write = writerFor(to);
  const work = async (file: WeightsFile): Promise<void> => {
    const own = await describeFor(file, flags);
    const fitting = own === undefined ? file.tensors : fitted(file, own, flags);
    const { tensors: ours, described } =
      own === undefined || flags.form === undefined
        ? { tensors: fitting, described: own }
        : await inForm(fitting, own, flags.form);
    const metadata =
      described === undefined
        ? {
            format: 'pt',
            ...defined({
              origin: flags.origin ?? file.known.origin,
              licence: flags.licence ?? file.known.licence,
            }),
          }
        : metadataOf(described);
    const tensors = flags.names === undefined ? ours : byTorchvisionsNames(ours, described);
    await writeFileAtomic(to, write(tensors, metadata));
    const summary = { from, to, tensors: tensors.size, model: described?.model ?? null };
    if (flags.json) printJson(summary);
    else
      tell(
        `wrote ${count(tensors.size)} ${tensors.size === 1 ? 'tensor' : 'tensors'} to ${to}${described === undefined ? '; --model NAME stores which network they belong to' : `, a ${described.model.name}`}`,
      );
    if (write === pytorchParts && described !== undefined) {
      tell(
        'note: a PyTorch file holds tensors only: network, classes, preprocessing and licence are not in it',
      );
    }
  };
  await openWeights(from, work, flags);
}

/**
 * The tensors under the network's names, if they and what is said of the network go together. What a partial file lacks is
 * at its initial value, so that what is written is whole.
 */
function fitted(
  file: WeightsFile,
  { model, classes }: Description,
  { inChannels, partial }: ConvertFlags,
): WeightsFile['tensors'] {
  const network = createModel(model.name, model.options);
  const { tensors: found, ...loaded } = fitting(network, file, model.name, { inChannels, partial });
  tellUnmatched(loaded);
  requireClassNames(model.name, network, classes);
  if (loaded.missing.length + loaded.misshaped.length === 0) return found;
  return new Map([...entriesOf(network.stateDict())].map(([name, own]) => [name, found.get(name) ?? own]));
}

/** `requireFit`, whose error names the networks that bare weights do fit. */
function fitting(network: Module, file: WeightsFile, name: string, how: FitOptions): Fitting {
  const { name: source, tensors, unreadable } = file;
  try {
    return requireFit(network, tensors, { source, ...how, unreadable });
  } catch (error) {
    throw withFitting(error, name, file);
  }
}

/** Tensors under torchvision's names of them, in the same order. */
function byTorchvisionsNames(
  tensors: ReadonlyMap<string, TensorEntry>,
  described: Description | undefined,
): ReadonlyMap<string, TensorEntry> {
  if (described === undefined) {
    throw new UsageError('--names: whose names depends on the network: name it with --model');
  }
  const { name } = described.model;
  const theirs = asTorchvisions(name, tensors);
  if (theirs === undefined) {
    throw new UsageError(
      `--names: torchvision calls no tensor of ${name} otherwise, or has no such network: leave --names out`,
    );
  }
  return theirs;
}

/** The network with its blocks in another form, and its weights. */
async function inForm(
  tensors: ReadonlyMap<string, TensorEntry>,
  described: Description,
  form: Form,
): Promise<{ readonly tensors: ReadonlyMap<string, TensorEntry>; readonly described: Description }> {
  const { name, options } = described.model;
  if (modelInfo(name, options).options.form === undefined) {
    throw new UsageError(
      `--form: ${name} has one form only; ResNeXts by template and the free ones have three`,
    );
  }
  return {
    tensors: entriesOf(convertForm(await readTensors(tensors), form)),
    described: { ...described, model: { name, options: { ...options, form } } },
  };
}

/** Flags that describe the network, by their names in `ConvertFlags`. */
const ofNetwork = {
  form: '--form',
  classes: '--classes',
  mean: '--mean',
  std: '--std',
  imageSize: '--image-size',
  set: '--set',
  inChannels: '--in-channels',
  partial: '--partial',
} satisfies Partial<Record<keyof ConvertFlags, string>>;

function defined(texts: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(texts).flatMap(([key, text]) => (text === undefined ? [] : [[key, text]])),
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

/** The description to store with the weights; undefined if their network is unknown. */
async function describeFor(file: WeightsFile, flags: ConvertFlags): Promise<Description | undefined> {
  const { description: own, known } = file;
  const origin = flags.origin ?? own?.origin ?? known.origin;
  const licence = flags.licence ?? own?.licence ?? known.licence;
  if (own === undefined && flags.model === undefined && known.model === undefined) {
    const flag = Object.entries(ofNetwork).find(([key]) => key in flags)?.[1];
    // Without the network nothing of it is stored: what the flag says must not be lost in silence.
    if (flag !== undefined) {
      throw new UsageError(`${flag} is stored with the network: name it with --model${suggestion(file)}`);
    }
    return undefined;
  }
  warnOfOther(file, flags.model);
  const model = identifyNetwork(file, flags.model, parseSet(flags.set ?? []), flags);
  const info = modelInfo(model.name, model.options);
  const [channels] = info.inputShape;
  const said = weightsFactsOf(file, flags.inChannels).preprocessing;
  const adapted = isAdapted(file, flags.inChannels);
  // A guess is not stored.
  const complete = said !== undefined || (flags.mean !== undefined && flags.std !== undefined);
  if (!complete && (flags.mean ?? flags.std ?? flags.imageSize) !== undefined) {
    throw new UsageError(
      `${file.name} does not say how its pictures are prepared: to store that, give both --mean and --std`,
    );
  }
  const preprocessing = complete
    ? (await prepareFor({ preprocessing: said, channels, adapted, description: model }, flags)).preprocessing
    : undefined;
  if (preprocessing !== undefined) requirePerChannel(preprocessing);
  const input = preprocessing === undefined ? info.inputShape : [channels, ...preprocessing.size];
  const classes =
    flags.classes === undefined ? (own?.classes ?? known.classes) : await readClassNames(flags.classes);
  const described = { ...own, model, input, classes, preprocessing, origin, licence };
  if (!adapted && flags.partial !== true) return described;
  // Scores and temperature are those of the network as it was.
  const { trained } = described;
  return {
    ...described,
    temperature: undefined,
    trained: trained === undefined ? undefined : { epochs: trained.epochs, steps: trained.steps },
  };
}
