import { stat } from 'node:fs/promises';
import { basename, extname, resolve } from 'node:path';
import { UsageError } from '../../base/errors.ts';
import { modelInfo } from '../../models/registry.ts';
import { writeFileAtomic } from '../../node/files.ts';
import { nodeHtmlParts } from '../../node/html.ts';
import { version } from '../../node/version.ts';
import { bytes } from '../../report/format.ts';
import { prepareFor } from '../../node/prepare.ts';
import { htmlSize, weightBytes } from '../../use/html/size.ts';
import type { Trained } from '../../use/trained.ts';
import { exportOnnx } from '../../weights/onnx/export.ts';
import { pytorchParts } from '../../weights/pytorch/write.ts';
import { entriesOf } from '../../weights/safetensors.ts';
import type { WeightsFlags } from '../flags/weights.ts';
import { loadForUse, preprocessingFor } from '../loading.ts';
import { requirePerChannel } from '../../use/per-channel.ts';
import { printJson, tell } from '../output/print.ts';

/** Flags of `cardinal export`. */
export interface ExportFlags extends WeightsFlags {
  readonly onnx?: string;
  readonly torch?: string;
  readonly html?: string;
  readonly foldBn: boolean;
  readonly preprocess: boolean;
  readonly json: boolean;
}

/** Bytes of a page that takes a while to write and to open. */
const large = 64 * 2 ** 20;

/** `cardinal export`: a trained network for other programs. */
export async function exportWeights(from: string, flags: ExportFlags): Promise<void> {
  requireApart(flags);
  const trained = await loadForUse(from, flags);
  const written: string[] = [];
  if (flags.torch !== undefined) {
    const state = trained.model.stateDict();
    const tensors = entriesOf(state);
    await writeFileAtomic(flags.torch, pytorchParts(tensors));
    written.push(flags.torch);
    tell(
      `wrote ${tensors.size} tensors to ${flags.torch}: model.load_state_dict(torch.load(${pythonText(flags.torch)}))`,
    );
  }
  if (flags.onnx !== undefined) {
    const file = await onnxOf(trained, flags);
    await writeFileAtomic(flags.onnx, file);
    written.push(flags.onnx);
    const input = flags.preprocess ? 'image, uint8 N×H×W×C of any size' : 'input, float32 N×C×H×W';
    tell(`wrote ${bytes(file.length)} to ${flags.onnx}: ${input} → logits`);
  }
  if (flags.html !== undefined) {
    await writeHtml(flags.html, trained, flags);
    written.push(flags.html);
  }
  if (flags.json) printJson({ from, model: trained.description, written });
}

/** Throws a `UsageError` if two flags name one file. */
function requireApart({ onnx, torch, html }: ExportFlags): void {
  const seen = new Map<string, string>();
  for (const [flag, path] of Object.entries({ '--onnx': onnx, '--torch': torch, '--html': html })) {
    if (path === undefined) continue;
    const other = seen.get(resolve(path));
    if (other !== undefined) {
      throw new UsageError(`${other} and ${flag} name the same file, ${path}: give each its own`);
    }
    seen.set(resolve(path), flag);
  }
}

/** Writes the page. Its title is the file's name without its ending. */
async function writeHtml(path: string, trained: Trained, flags: ExportFlags): Promise<void> {
  const preprocessing = await preprocessingFor(trained, flags);
  const size = htmlSize(weightBytes(trained.model));
  if (size > large) tell(`writing about ${bytes(size)} to ${path}`);
  await writeFileAtomic(path, nodeHtmlParts({ ...trained, preprocessing }, basename(path, extname(path))));
  const { size: written } = await stat(path);
  tell(`wrote ${bytes(written)} to ${path}: open it in a browser, it needs neither a server nor a network`);
}

/** Text as a Python literal, to be copied. */
function pythonText(text: string): string {
  const escaped = text.replaceAll('\\', '\\\\');
  return escaped.includes("'") ? `"${escaped.replaceAll('"', '\\"')}"` : `'${escaped}'`;
}

/** Statistics that stand in where the graph does not contain the preprocessing: for grey bare weights there are none to guess. */
function anyStatistics({ channels }: Trained): { readonly mean: number[]; readonly std: number[] } {
  return { mean: Array<number>(channels).fill(0), std: Array<number>(channels).fill(1) };
}

/** Exports a network whose number of channels no picture has: its input is a tensor, without preprocessing. */
function rawOnnx(trained: Trained, flags: ExportFlags): Promise<Uint8Array> {
  const { model, description, channels, classes, origin, licence } = trained;
  const flag = flags.preprocess
    ? '--preprocess'
    : (flags.mean ?? flags.std) === undefined
      ? undefined
      : '--mean';
  if (flag !== undefined) {
    throw new UsageError(
      `${flag}: pictures have 1 or 3 channels, this network takes ${channels}: leave it out`,
    );
  }
  const [, height, width] = modelInfo(description.name, description.options).inputShape;
  const { imageSize } = flags;
  return exportOnnx(model, {
    name: description.name,
    input: [channels, imageSize ?? height, imageSize ?? width],
    foldBatchNorm: flags.foldBn,
    producerVersion: version(),
    metadata: {
      model: JSON.stringify(description),
      ...(origin === undefined ? {} : { origin }),
      ...(licence === undefined ? {} : { licence }),
    },
    ...(classes === undefined ? {} : { classes }),
  });
}

async function onnxOf(trained: Trained, flags: ExportFlags): Promise<Uint8Array> {
  const { model, description, classes, origin, licence } = trained;
  if (trained.channels !== 1 && trained.channels !== 3) return rawOnnx(trained, flags);
  const isKnown =
    trained.preprocessing !== undefined || (flags.mean !== undefined && flags.std !== undefined);
  // Without preprocessing in the graph only the size of a guess matters.
  const { preprocessing, note } = await prepareFor(
    trained,
    isKnown || flags.preprocess ? flags : { ...flags, ...anyStatistics(trained) },
  );
  requirePerChannel(preprocessing);
  if (flags.preprocess && note !== undefined) tell(`warning: ${note}`);
  const metadata = {
    model: JSON.stringify(description),
    ...(isKnown ? { preprocessing: JSON.stringify(preprocessing) } : {}),
    ...(origin === undefined ? {} : { origin }),
    ...(licence === undefined ? {} : { licence }),
  };
  return exportOnnx(model, {
    name: description.name,
    input: [preprocessing.channels, ...preprocessing.size],
    foldBatchNorm: flags.foldBn,
    producerVersion: version(),
    metadata,
    ...(classes === undefined ? {} : { classes }),
    ...(flags.preprocess ? { preprocessing } : {}),
  });
}
