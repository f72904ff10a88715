import * as z from 'zod/mini';
import type { Handlers } from '../../base/channel/service.ts';
import { joinedBytes } from '../../base/joined-bytes.ts';
import { VERSION } from '../../base/version.ts';
import { modelInfo } from '../../models/registry.ts';
import { metadataOf } from '../../train/description.ts';
import type { Trained } from '../../use/trained.ts';
import { exportOnnx } from '../../weights/onnx/export.ts';
import { pytorchParts } from '../../weights/pytorch/write.ts';
import { entriesOf, safetensorsParts } from '../../weights/safetensors.ts';
import type { StudioPlatform } from '../platform.ts';
import { argument, id } from '../schemas.ts';
import type { ExportFormat, UseCalls } from './service.ts';

const asked = z.strictObject({ weights: id, format: z.enum(['safetensors', 'pytorch', 'onnx']) });

const endings: Readonly<Record<ExportFormat, string>> = {
  safetensors: '.safetensors',
  pytorch: '.pth',
  onnx: '.onnx',
};

/** Answers of the room Use. */
export function useHandlers(platform: Pick<StudioPlatform, 'trained'>): Handlers<UseCalls> {
  return {
    exportWeights: async (args) => {
      const { weights, format } = argument('exportWeights', asked, args);
      const trained = await platform.trained(weights);
      return { name: `${trained.description.name}${endings[format]}`, bytes: await fileOf(trained, format) };
    },
  };
}

async function fileOf(trained: Trained, format: ExportFormat): Promise<Uint8Array> {
  if (format === 'onnx') return onnxOf(trained);
  const tensors = entriesOf(trained.model.stateDict());
  const parts =
    format === 'pytorch' ? pytorchParts(tensors) : safetensorsParts(tensors, metadataFor(trained));
  const all: Uint8Array[] = [];
  for await (const part of parts) all.push(part);
  return joinedBytes(all);
}

/** What whoever loads the weights needs to know. */
function metadataFor(trained: Trained): Record<string, string> {
  const { description, classes, preprocessing, task, temperature, pictures, recipe, origin, licence } =
    trained;
  return metadataOf({
    model: description,
    input: inputOf(trained),
    ...{ classes, task, preprocessing, temperature, pictures, recipe, origin, licence },
  });
}

function onnxOf(trained: Trained): Promise<Uint8Array> {
  const { model, description, classes, preprocessing, origin, licence } = trained;
  return exportOnnx(model, {
    name: description.name,
    input: inputOf(trained),
    foldBatchNorm: true,
    producerVersion: VERSION,
    metadata: {
      model: JSON.stringify(description),
      ...(preprocessing !== undefined && { preprocessing: JSON.stringify(preprocessing) }),
      ...(origin !== undefined && { origin }),
      ...(licence !== undefined && { licence }),
    },
    ...(classes !== undefined && { classes }),
  });
}

/** One picture, [C, H, W]. */
function inputOf({ description, channels, preprocessing }: Trained): [number, number, number] {
  const [, height, width] = modelInfo(description.name, description.options).inputShape;
  return [channels, ...(preprocessing?.size ?? ([height, width] as const))];
}
