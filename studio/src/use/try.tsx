import { useSignal } from '@preact/signals';
import type { PictureAnswer } from 'cardinal-nn/studio';
import type { JSX } from 'preact';
import { CameraToggle } from '../data/camera-toggle.tsx';
import { DropZone } from '../data/drop-zone.tsx';
import { whenReady } from '../engine/engine.ts';
import { messageOf } from '../parts/answer.ts';
import { percent } from '../parts/numbers.ts';
import { PictureView } from '../parts/picture.tsx';
import { sendPicture } from '../parts/send-picture.ts';

interface Tried {
  readonly name: string;
  readonly upload: string | undefined;
  readonly answer: PictureAnswer;
}

/** Answers that are kept in sight. */
const mostShown = 12;

/** Classifies pictures of the visitor's, dropped or from the camera. */
export function Try({ weights }: { readonly weights: string }): JSX.Element {
  const tried = useSignal<readonly Tried[]>([]);
  const busy = useSignal(0);
  const classify = async (files: readonly { readonly file: File }[]): Promise<void> => {
    for (const { file } of files) {
      busy.value++;
      const found = await answerTo(weights, file);
      busy.value--;
      tried.value = [found, ...tried.value].slice(0, mostShown);
    }
  };
  return (
    <section>
      <h2>Try it</h2>
      <DropZone label="Drop a picture that it has never seen" onFiles={({ files }) => void classify(files)} />
      <CameraToggle onPicture={(file) => void classify([{ file }])} />
      <p role="status">{busy.value > 0 && 'Classifying …'}</p>
      <ul class="tried" aria-label="What it takes them for">
        {tried.value.map(({ name, upload, answer }) => (
          <li key={upload ?? name}>
            {upload !== undefined && <PictureView picture={{ upload }} name={name} />}
            <div>
              <p class="hint">{name}</p>
              {answer.error === undefined ? (
                <ol>
                  {answer.top.map(({ class: label, probability }) => (
                    <li key={label}>
                      {label}, {percent(probability)}
                      <span class="bar" style={{ width: `${100 * probability}%` }} />
                    </li>
                  ))}
                </ol>
              ) : (
                <p role="alert">{answer.error}</p>
              )}
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

async function answerTo(weights: string, file: File): Promise<Tried> {
  let upload: string | undefined;
  try {
    const engine = await whenReady();
    upload = await sendPicture(engine, file);
    const [answer] = await engine.call('classify', [{ weights, pictures: [{ upload }], topK: 3 }]);
    return { name: file.name, upload, answer };
  } catch (error) {
    return { name: file.name, upload, answer: { error: messageOf(error) } };
  }
}
