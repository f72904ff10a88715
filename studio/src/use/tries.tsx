import { useSignal } from '@preact/signals';
import type { PictureAnswer } from 'cardinal-nn/studio';
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { CameraToggle } from '../data/camera-toggle.tsx';
import { DropZone } from '../data/drop-zone.tsx';
import type { Dropped } from '../data/dropped.ts';
import { messageOf } from '../parts/message-of.ts';
import { percent } from '../parts/numbers.ts';
import { usePageFiles } from './page-files.ts';
import './tries.css';

/** What became of a picture: how it looks, if it can be shown, and what it is taken for. */
export interface Taken {
  readonly picture?: JSX.Element | undefined;
  readonly answer: PictureAnswer;
}

interface TriesProps {
  readonly label: string;
  /** Classifies a file. What it throws is shown in place of an answer. */
  readonly take: (file: File) => Promise<Taken>;
}

interface Tried extends Taken {
  readonly key: number;
  readonly name: string;
}

/** Answers that are kept in sight. */
const mostShown = 12;

/** Pictures of the visitor's, dropped, chosen, pasted or from the camera, and what each is taken for, the newest first. */
export function Tries({ label, take }: TriesProps): JSX.Element {
  const tried = useSignal<readonly Tried[]>([]);
  const waiting = useSignal(0);
  const taken = useRef(0);
  const last = useRef(Promise.resolve());
  const add = (files: readonly File[]): void => {
    for (const file of files) {
      waiting.value++;
      // One after the other, in their order.
      last.current = last.current.then(async () => {
        const found = await take(file).catch((error: unknown) => ({ answer: { error: messageOf(error) } }));
        tried.value = [{ key: taken.current++, name: file.name, ...found }, ...tried.value].slice(
          0,
          mostShown,
        );
        waiting.value--;
      });
    }
  };
  const failed = useSignal<readonly string[]>([]);
  const addDropped = (dropped: Dropped): void => {
    failed.value = dropped.failed;
    add(dropped.files.map(({ file }) => file));
  };
  usePageFiles(addDropped);
  return (
    <>
      <DropZone label={label} onFiles={addDropped} />
      <CameraToggle
        onPicture={(file) => {
          add([file]);
        }}
      />
      {failed.value.map((line) => (
        <p key={line} role="alert">
          {line}
        </p>
      ))}
      <p role="status">{statusOf(waiting.value, tried.value[0])}</p>
      <ul class="tried" aria-label="What it takes them for">
        {tried.value.map(({ key, ...one }) => (
          <Answered key={key} {...one} />
        ))}
      </ul>
    </>
  );
}

function Answered({ name, picture, answer }: Omit<Tried, 'key'>): JSX.Element {
  return (
    <li>
      {picture}
      <div>
        <p class="hint">
          <bdi>{name}</bdi>
        </p>
        {answer.error === undefined ? (
          <ol>
            {answer.top.map(({ class: title, label, probability }) => (
              <li key={label}>
                <bdi>{title}</bdi>, <data value={String(probability)}>{percent(probability)}</data>
                <span class="track">
                  <span class="bar" style={{ width: `${100 * probability}%` }} />
                </span>
              </li>
            ))}
          </ol>
        ) : (
          <p role="alert">{answer.error}</p>
        )}
      </div>
    </li>
  );
}

/** For who hears the page: what goes on, and then the newest answer. */
function statusOf(waiting: number, newest: Tried | undefined): string {
  if (waiting > 0) return waiting === 1 ? 'Classifying …' : `Classifying ${waiting} pictures …`;
  const best = newest?.answer.top?.[0];
  return best === undefined ? '' : `${best.class}, ${percent(best.probability)}`;
}
