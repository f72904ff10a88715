import type { PictureRef } from 'cardinal-nn/studio';
import type { JSX } from 'preact';
import { useAnswer } from './answer.ts';
import { PixelsView } from './pixels.tsx';

interface PictureViewProps {
  readonly picture: PictureRef;
  /** What a screen reader says of it. */
  readonly name: string;
  /** Pixels of its longer side, at most. */
  readonly side?: number | undefined;
}

/** A picture by where it is, fetched from the engine. */
export function PictureView({ picture, name, side = 128 }: PictureViewProps): JSX.Element {
  const { value, error } = useAnswer(`${JSON.stringify(picture)} ${side}`, (engine, signal) =>
    engine.call('picture', [{ picture, side }], { signal }),
  );
  if (value !== undefined) return <PixelsView pixels={value} name={name} />;
  if (error !== undefined) {
    return (
      <span class="pixels unreadable" role="img" aria-label={`${name}: ${error}`} title={error}>
        ✕
      </span>
    );
  }
  return <span class="pixels" role="img" aria-label={`${name}, loading`} />;
}
