import type { Command } from 'commander';
import { UsageError } from '../../base/errors.ts';
import { withExamples, withJsonFlag } from '../flags/common.ts';
import { path } from '../flags/values.ts';
import { weightsArgument, withWeightsFlags } from '../flags/weights.ts';
import type { ExportFlags } from './run.ts';

export function define(command: Command): void {
  withWeightsFlags(command.argument('<weights>', weightsArgument, path('weights')))
    .option('--onnx <file>', 'write an ONNX model (opset 17), for ONNX Runtime and others', path('--onnx'))
    .option('--torch <file>', 'write a state dict for torch.load, under PyTorch’s names', path('--torch'))
    .option('--fold-bn', 'multiply batch norms into the convolutions before them; with --onnx', false)
    .option(
      '--preprocess',
      'resize, crop and normalise in the model: it takes uint8 pictures of any size; with --onnx',
      false,
    );
  withExamples(
    withJsonFlag(command),
    'export runs/demo/best.safetensors --onnx demo.onnx --preprocess',
    'export runs/photos/best.safetensors --onnx photos.onnx --fold-bn',
    'export runs/photos/best.safetensors --torch photos.pth',
  ).action(async (weights: string, flags: ExportFlags) => {
    const { onnx, torch, foldBn, preprocess } = flags;
    if (onnx === undefined && torch === undefined) {
      throw new UsageError('say what to write: --onnx FILE, --torch FILE, or both');
    }
    if (onnx === undefined && (foldBn || preprocess)) {
      throw new UsageError(`${foldBn ? '--fold-bn' : '--preprocess'} is for --onnx FILE, which is missing`);
    }
    const { exportWeights } = await import('./run.ts');
    await exportWeights(weights, flags);
  });
}
