import { useEffect, useRef } from 'preact/hooks';
import type { JSX } from 'preact';
import type { Pixels, PictureRef } from 'cardinal-nn/studio';
import { whenReady } from '../engine/engine.ts';

/** A small picture, asked of the engine when it is there. */
export function Thumbnail({
  picture,
  alt,
  side = 128,
}: {
  readonly picture: PictureRef;
  readonly alt: string;
  readonly side?: number;
}): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const key = JSON.stringify(picture);
  useEffect(() => {
    const given = new AbortController();
    whenReady()
      .then((engine) => engine.call('picture', [{ picture, side }], { signal: given.signal }))
      .then((pixels) => {
        if (canvas.current !== null && !given.signal.aborted) draw(canvas.current, pixels);
      })
      // A picture that has gone leaves its place empty; its name stands below.
      .catch(() => undefined);
    return () => {
      given.abort();
    };
  }, [key, side]);
  return <canvas ref={canvas} width={1} height={1} role="img" aria-label={alt} />;
}

function draw(canvas: HTMLCanvasElement, { width, height, channels, data }: Pixels): void {
  canvas.width = width;
  canvas.height = height;
  const image = new ImageData(width, height);
  for (let at = 0; at < width * height; at++) {
    for (let c = 0; c < 3; c++) image.data[4 * at + c] = data[channels * at + (channels === 3 ? c : 0)];
    image.data[4 * at + 3] = 255;
  }
  canvas.getContext('2d')?.putImageData(image, 0, 0);
}
