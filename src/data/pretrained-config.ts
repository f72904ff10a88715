import * as z from 'zod/mini';
import { CardinalError } from '../base/errors.ts';
import { quoted } from '../base/quoted.ts';
import { validate } from '../base/validate.ts';
import {
  imagenetStatistics,
  preprocessingSchema,
  resizedSide,
  usualCropShare,
  type Preprocessing,
} from './preprocessing.ts';
import { interpolations } from './transforms/filters.ts';

/** What published weights record beside themselves: their network, and how its pictures were prepared. */
export interface PretrainedConfig {
  /** timm's name of the network, without the tag: `resnext50_32x4d`. */
  readonly architecture: string;
  /** Which of several weights of this network: `tv_in1k`. */
  readonly tag: string | undefined;
  readonly numClasses: number;
  /** What `timm.data.resolve_model_data_config` gives: the pictures of the size that the network was trained with. */
  readonly preprocessing: Preprocessing | undefined;
  /** The larger pictures that timm's published accuracies were measured with, where they differ from those. */
  readonly testPreprocessing: Preprocessing | undefined;
  /** In the order of the outputs. */
  readonly classes: readonly string[] | undefined;
  readonly licence: string | undefined;
  /** Where the weights come from first, or else where this was read. */
  readonly origin: string;
}

const length = z.int().check(z.positive());
const inputSize = z.tuple([length, length, length]);
const perChannel = z.array(z.number()).check(z.minLength(1));
const pixels = z.union([length, z.array(length).check(z.minLength(1), z.maxLength(2))]);
const labels = z.union([z.array(z.string()), z.record(z.string(), z.string())]);

/** The keys that are used; all others are passed over. */
const fieldsSchema = z.object({
  tag: z.nullish(z.string()),
  num_classes: z.nullish(length),
  mean: z.nullish(perChannel),
  std: z.nullish(perChannel),
  input_size: z.nullish(inputSize),
  test_input_size: z.nullish(inputSize),
  crop_pct: z.nullish(z.number().check(z.positive())),
  test_crop_pct: z.nullish(z.number().check(z.positive())),
  crop_mode: z.nullish(z.string()),
  crop_border_pixels: z.nullish(z.int()),
  interpolation: z.nullish(z.string()),
  label_names: z.nullish(labels),
  label_descriptions: z.nullish(labels),
  license: z.nullish(z.string()),
  origin_url: z.nullish(z.string()),
  hf_hub_id: z.nullish(z.string()),
  // What torchvision's presets call the same things.
  resize_size: z.nullish(pixels),
  crop_size: z.nullish(pixels),
  categories: z.nullish(z.array(z.string())),
  // What the first files of this kind called their label names.
  labels: z.nullish(labels),
});
type Fields = z.infer<typeof fieldsSchema>;

const configSchema = z.extend(fieldsSchema, {
  architecture: z.string().check(z.minLength(1)),
  pretrained_cfg: z.nullish(fieldsSchema),
});

/** Whether this is a `config.json` of timm's kind. Repositories of other libraries have files of the same name. */
export function isPretrainedConfig(value: unknown): boolean {
  return z.object({ architecture: z.string() }).safeParse(value).success;
}

/**
 * Reads a parsed `config.json` as timm writes it (timm/models/_hub.py), or as its first versions did, with all keys in
 * one object. Throws a `CardinalError` that begins with `source` for what is malformed, and for preprocessing that
 * cannot be repeated exactly: nearly the right pictures would give nearly the right answers.
 */
export function readPretrainedConfig(value: unknown, source: string): PretrainedConfig {
  const config = validate(configSchema, value, source);
  // What stands outside is said of these weights, what stands inside may be left from those they were tuned from.
  const fields: Fields = config.pretrained_cfg ? { ...config.pretrained_cfg, ...ownFields(config) } : config;
  const [architecture, ...tags] = config.architecture.split('.');
  const labelNames = fields.label_names ?? fields.labels ?? fields.categories ?? undefined;
  const numClasses = fields.num_classes ?? (labelNames && Object.keys(labelNames).length);
  if (numClasses === undefined || numClasses === 0) {
    throw new CardinalError(`${source}: num_classes: expected the number of classes, got nothing`);
  }
  const saysPictures = ofPictures.some((key) => (fields[key] ?? undefined) !== undefined);
  const preprocessing = saysPictures ? readPreprocessing(fields, source) : undefined;
  const tested = saysPictures
    ? readPreprocessing(
        {
          ...fields,
          input_size: fields.test_input_size ?? fields.input_size,
          crop_pct: fields.test_crop_pct ?? fields.crop_pct,
        },
        source,
      )
    : undefined;
  return {
    architecture,
    tag: fields.tag ?? (tags.length > 0 ? tags.join('.') : undefined),
    numClasses,
    preprocessing,
    testPreprocessing: JSON.stringify(tested) === JSON.stringify(preprocessing) ? undefined : tested,
    classes: labelNames && classNames(labelNames, fields.label_descriptions ?? undefined, numClasses, source),
    licence: fields.license ?? undefined,
    origin: fields.origin_url ?? (fields.hf_hub_id ? `hf:${fields.hf_hub_id}` : source),
  };
}

/** What says how pictures are prepared: timm has defaults for what is missing, but of nothing at all nothing is known. */
const ofPictures = [
  ...(['mean', 'std', 'input_size', 'test_input_size', 'interpolation', 'resize_size'] as const),
  ...(['crop_pct', 'test_crop_pct', 'crop_size', 'crop_mode', 'crop_border_pixels'] as const),
];

/** Those of the outer keys that timm lets win over `pretrained_cfg`. */
function ownFields({ num_classes, label_names, label_descriptions }: Fields): Partial<Fields> {
  return {
    ...(num_classes ? { num_classes } : {}),
    ...(label_names ? { label_names } : {}),
    ...(label_descriptions ? { label_descriptions } : {}),
  };
}

/** `transforms_imagenet_eval` of timm/data/transforms_factory.py, with the defaults of timm/data/config.py. */
function readPreprocessing(fields: Fields, source: string): Preprocessing {
  const cropSize = fields.crop_size ?? undefined;
  const [channels, height, width] = cropSize
    ? [fields.input_size?.[0] ?? 3, ...pair(cropSize)]
    : (fields.input_size ?? [3, 224, 224]);
  return validate(
    preprocessingSchema,
    {
      channels,
      size: [height, width],
      ...readResize(fields, [height, width], source),
      interpolation: readInterpolation(fields.interpolation ?? 'bicubic', source),
      mean: spread(fields.mean ?? imagenetStatistics.mean, channels),
      std: spread(fields.std ?? imagenetStatistics.std, channels),
    },
    source,
  );
}

/** The short side in pixels, and its share if rounding lost it; `null` if the picture is resized straight to the input's size. */
function readResize(
  fields: Fields,
  size: readonly [number, number],
  source: string,
): Pick<Preprocessing, 'resize' | 'cropShare'> {
  const mode = fields.crop_mode ?? 'center';
  const share = fields.crop_pct ?? usualCropShare;
  const [height, width] = fields.resize_size
    ? pair(fields.resize_size)
    : size.map((side) => resizedSide(side, share));
  if (fields.crop_border_pixels) {
    throw new CardinalError(
      `${source}: crop_border_pixels ${fields.crop_border_pixels} is not supported: crop the pictures first`,
    );
  }
  if (mode === 'squash' && height === size[0] && width === size[1]) return { resize: null };
  if (mode !== 'center') {
    throw new CardinalError(
      `${source}: crop_mode ${quoted(mode)} with crop_pct ${share} is not supported: expected 'center', or 'squash' with 1`,
    );
  }
  if (height !== width) {
    throw new CardinalError(
      `${source}: input_size ${size.join('×')} is not supported: pictures are resized by their short side, expected a square`,
    );
  }
  const isLost = !fields.resize_size && share !== usualCropShare && size[0] / height !== share;
  return isLost ? { resize: height, cropShare: share } : { resize: height };
}

/** `bicubic`, or as torchvision's enumeration prints: `InterpolationMode.BICUBIC`. */
function readInterpolation(name: string, source: string): Preprocessing['interpolation'] {
  const given = name.replace(/^InterpolationMode\./, '').toLowerCase();
  const known = interpolations.find((each) => each === given);
  if (known !== undefined) return known;
  throw new CardinalError(
    `${source}: interpolation ${quoted(name)} is not supported: expected ${interpolations.join(' or ')}`,
  );
}

function pair(value: number | readonly number[]): [number, number] {
  const [first, second = first] = typeof value === 'number' ? [value] : value;
  return [first, second];
}

/** One number is meant for every channel. */
function spread(values: readonly number[], channels: number): number[] {
  return values.length === 1 ? Array.from({ length: channels }, () => values[0]) : [...values];
}

/**
 * Names for people: the descriptions (`tench, Tinca tinca`) where there are any, and with the label's own name
 * (`n02012849`) where two share one.
 */
function classNames(
  names: z.infer<typeof labels>,
  descriptions: z.infer<typeof labels> | undefined,
  numClasses: number,
  source: string,
): readonly string[] {
  const count = Object.keys(names).length;
  // As many as there are, because `numClasses` may say any number.
  const list = Array.from({ length: count }, (_, i) => at(names, String(i)));
  if (count !== numClasses || list.includes(undefined)) {
    throw new CardinalError(
      `${source}: label_names: expected one for each of the ${numClasses} classes, got ${count}`,
    );
  }
  const described = list.map(
    (name = '', i) => (descriptions && (at(descriptions, name) ?? at(descriptions, String(i)))) ?? name,
  );
  const uses = new Map<string, number>();
  for (const text of described) uses.set(text, (uses.get(text) ?? 0) + 1);
  return described.map((text, i) => (uses.get(text) === 1 ? text : `${text} (${list[i] ?? i})`));
}

function at(values: z.infer<typeof labels>, key: string): string | undefined {
  return Object.hasOwn(values, key) ? (values as Readonly<Record<string, string>>)[key] : undefined;
}
