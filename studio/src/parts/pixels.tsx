import type { Pixels } from 'cardinal-nn/studio';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

/** A decoded picture. Small ones are enlarged with their pixels in sight. */
export function PixelsView({
  pixels,
  name,
}: {
  readonly pixels: Pixels;
  readonly name: string;
}): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { width, height } = pixels;
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    context?.putImageData(imageOf(pixels), 0, 0);
  }, [pixels]);
  return <canvas ref={canvas} class="pixels" role="img" aria-label={name} width={width} height={height} />;
}

function imageOf({ width, height, channels, data }: Pixels): ImageData {
  const image = new ImageData(width, height);
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let channel = 0; channel < 3; channel++) {
      image.data[4 * pixel + channel] = data[channels * pixel + (channels === 3 ? channel : 0)];
    }
    image.data[4 * pixel + 3] = 255;
  }
  return image;
}
