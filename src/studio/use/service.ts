import type { Call } from '../../base/channel/service.ts';

/** What the room Use asks. */
export interface UseCalls {
  /** A trained network as a file for other programs. */
  exportWeights: Call<
    [{ readonly weights: string; readonly format: ExportFormat; readonly title?: string | undefined }],
    ExportedFile
  >;
  /** How large the files of a trained network will be. */
  exportSizes: Call<[{ readonly weights: string }], ExportSizes>;
}

export type ExportFormat = 'safetensors' | 'pytorch' | 'onnx' | 'html';

/** Bytes of each file, about. */
export type ExportSizes = Readonly<Record<ExportFormat, number>>;

export interface ExportedFile {
  /** What it is called: the network with the format's ending. */
  readonly name: string;
  readonly bytes: Uint8Array;
}
