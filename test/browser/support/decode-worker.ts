/** Decodes what it gets by the browser, and answers with hashes or reasons. */
import { withChannels } from '../../../src/data/transforms/grey.ts';
import { loadPicture } from '../../../src/data/decode.ts';
import { messageOf } from '../../../src/base/errors.ts';
import { webPictures, type DecoderScripts } from '../../../src/web/data/pictures.ts';

export interface DecodeOrder {
  readonly files: readonly string[];
  readonly scripts: DecoderScripts;
  /** Have canvases lie, as those of browsers that hide who uses them. */
  readonly noise?: boolean;
}

/** `width×height SHA-256`, or why not. */
export type DecodeAnswer = readonly string[];

addEventListener('message', ({ data }: MessageEvent<DecodeOrder>) => {
  void answer(data).then((answers) => {
    postMessage(answers);
  });
});

async function answer({ files, scripts, noise = false }: DecodeOrder): Promise<DecodeAnswer> {
  if (noise) lie();
  const platform = webPictures(scripts);
  const answers: string[] = [];
  for (const file of files) {
    const bytes = Uint8Array.from(atob(file), (letter) => letter.charCodeAt(0));
    const answered = await loadPicture(new Blob([bytes]), {}, platform).then(
      async ({ width, height, ...rest }) =>
        `${width}×${height} ${await platform.sha256(withChannels({ width, height, ...rest }, 3).data)}`,
      messageOf,
    );
    answers.push(answered);
  }
  return answers;
}

function lie(): void {
  const wrap = <T extends object>(
    prototype: T,
    method: keyof T,
    other: (real: () => unknown, given: unknown[]) => unknown,
  ): void => {
    prototype[method] = new Proxy(prototype[method] as object, {
      apply: (real, self, given: unknown[]) =>
        other(() => Reflect.apply(real as (...given: unknown[]) => unknown, self, given), given),
    }) as never;
  };
  wrap(OffscreenCanvasRenderingContext2D.prototype, 'getImageData', (real) => {
    const image = real() as ImageData;
    image.data[5] ^= 1;
    return image;
  });
  wrap(OffscreenCanvas.prototype, 'getContext', (real, [kind]) => (kind === 'webgl2' ? null : real()));
  Object.assign(globalThis, { VideoFrame: undefined });
}
