import type { Call } from '../../base/channel/service.ts';

/** What the room Use asks. */
export interface UseCalls {
  /** A trained network as a file for other programs. */
  exportWeights: Call<[{ readonly weights: string; readonly format: ExportFormat }], ExportedFile>;
}

export type ExportFormat = 'safetensors' | 'pytorch' | 'onnx';

export interface ExportedFile {
  /** What it is called: the network with the format's ending. */
  readonly name: string;
  readonly bytes: Uint8Array;
}
