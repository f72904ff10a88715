/** Files of weights: safetensors and PyTorch in and out, ONNX out. Bytes in and bytes out; no file is touched. */
export type {} from '../base/globals.ts'; // Globals that declarations speak of: nothing at run time.

export { readTensors, type TensorArchive, type TensorEntry, type Unreadable } from './archive.ts';
export { bytesSource, type ByteSource } from './byte-source.ts';
export { decodeTensor, encodeTensor, type Dtype, type RawTensor } from './dtypes.ts';
export { fittingModels, type Fit } from './fit.ts';
export { headOf } from '../nn/head.ts';
export { loadTensors, type LoadedWeights, type LoadWeightsOptions } from './load.ts';
export { nameMaps, type NameMap } from './name-maps.ts';
export { exportOnnx, type OnnxExportOptions } from './onnx/export.ts';
export { openArchive } from './open.ts';
export { pytorchParts } from './pytorch/write.ts';
export { readSafetensors, safetensorsParts, writeSafetensors, type SafetensorsFile } from './safetensors.ts';
export { unwrap, type Unwrapped } from './unwrap.ts';
