import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

/** An image of pixels, with what it shows in words. */
export function Canvas({ image, title }: { readonly image: ImageData; readonly title: string }): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    canvas.current?.getContext('2d')?.putImageData(image, 0, 0);
  }, [image]);
  return <canvas ref={canvas} width={image.width} height={image.height} role="img" aria-label={title} />;
}
