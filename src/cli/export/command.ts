import type { Command } from 'commander';
import { UsageError } from '../../base/errors.ts';
import { withExamples, withJsonFlag } from '../flags/common.ts';
import { path } from '../flags/values.ts';
import { weightsArgument, withWeightsFlags } from '../flags/weights.ts';
import type { ExportFlags } from './run.ts';

export function define(command: Command): void {
  withWeightsFlags(command.argument('<weights>', weightsArgument, path('weights')))
    .option('--onnx <file>', 'write an ONNX model (opset 17)', path('--onnx'))
    .option('--torch <file>', 'write a PyTorch state dict, for torch.load', path('--torch'))
    .option(
      '--html <file>',
      'write an HTML file that classifies pictures offline, with the network in it: a double click opens it',
      path('--html'),
    )
    .option('--fold-bn', 'with --onnx: fold batch norms into the preceding convolutions', false)
    .option(
      '--preprocess',
      'with --onnx: resize, crop and normalise inside the model, which then takes uint8 pictures of any size',
      false,
    );
  withExamples(
    withJsonFlag(command),
    'export runs/demo/best.safetensors --onnx demo.onnx --preprocess',
    'export runs/photos/best.safetensors --onnx photos.onnx --fold-bn',
    'export runs/photos/best.safetensors --torch photos.pth',
    'export runs/photos/best.safetensors --html photos.html',
  ).action(async (weights: string, flags: ExportFlags) => {
    const { onnx, torch, html, foldBn, preprocess } = flags;
    if (onnx === undefined && torch === undefined && html === undefined) {
      throw new UsageError(
        'nothing to write: give --onnx FILE, --torch FILE, --html FILE, or several of them',
      );
    }
    if (onnx === undefined && (foldBn || preprocess)) {
      throw new UsageError(`${foldBn ? '--fold-bn' : '--preprocess'} needs --onnx FILE`);
    }
    const { exportWeights } = await import('./run.ts');
    await exportWeights(weights, flags);
  });
}
