import * as z from 'zod/mini';
import type { Handlers } from '../../base/channel/service.ts';
import { joinedParts } from '../../base/joined-bytes.ts';
import { VERSION } from '../../base/version.ts';
import { inputOf, metadataFor } from '../../use/describe.ts';
import { htmlNetworks } from '../../use/html/files.ts';
import { htmlParts } from '../../use/html/html-parts.ts';
import { htmlSize, weightBytes } from '../../use/html/size.ts';
import type { Trained } from '../../use/trained.ts';
import { exportOnnx } from '../../weights/onnx/export.ts';
import { pytorchParts } from '../../weights/pytorch/write.ts';
import { entriesOf, safetensorsParts } from '../../weights/safetensors.ts';
import type { StudioPlatform } from '../platform.ts';
import { argument, id } from '../schemas.ts';
import type { ExportFormat, UseCalls } from './service.ts';

const asked = z.strictObject({
  weights: id,
  format: z.enum(['safetensors', 'pytorch', 'onnx', 'html']),
  title: z.optional(z.string().check(z.minLength(1), z.maxLength(500))),
});
const askedSizes = z.strictObject({ weights: id });

const endings: Readonly<Record<ExportFormat, string>> = {
  safetensors: '.safetensors',
  pytorch: '.pth',
  onnx: '.onnx',
  html: '.html',
};

/** Answers of the room Use. */
export function useHandlers(platform: Pick<StudioPlatform, 'trained' | 'htmlFiles'>): Handlers<UseCalls> {
  const partsOf = async (
    trained: Trained,
    format: Exclude<ExportFormat, 'onnx'>,
    title: string,
  ): Promise<AsyncIterable<Uint8Array>> => {
    if (format === 'html') return htmlParts(trained, await platform.htmlFiles(htmlNetworks(trained)), title);
    const tensors = entriesOf(trained.model.stateDict());
    return format === 'pytorch' ? pytorchParts(tensors) : safetensorsParts(tensors, metadataFor(trained));
  };
  return {
    exportWeights: async (args) => {
      const { weights, format, title } = argument('exportWeights', asked, args);
      const trained = await platform.trained(weights);
      const { name } = trained.description;
      const bytes =
        format === 'onnx'
          ? await onnxOf(trained)
          : await joinedParts(await partsOf(trained, format, title ?? name));
      return { name: `${name}${endings[format]}`, bytes };
    },
    exportSizes: async (args) => {
      const { weights } = argument('exportSizes', askedSizes, args);
      const bytes = weightBytes((await platform.trained(weights)).model);
      return { safetensors: bytes, pytorch: bytes, onnx: bytes, html: htmlSize(bytes) };
    },
  };
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
