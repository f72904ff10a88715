import type { JSX } from 'preact';
import { whenReady } from '../engine/engine.ts';
import { PictureView } from '../parts/picture.tsx';
import { sendPicture } from '../parts/send-picture.ts';
import { Tries, type Taken } from './tries.tsx';

/** Classifies pictures of the visitor's. */
export function Try({ weights }: { readonly weights: string }): JSX.Element {
  const take = async (file: File): Promise<Taken> => {
    const engine = await whenReady();
    const upload = await sendPicture(engine, file);
    const [answer] = await engine.call('classify', [{ weights, pictures: [{ upload }], topK: 3 }]);
    return { picture: <PictureView picture={{ upload }} name={file.name} />, answer };
  };
  return (
    <section>
      <h2>Try it</h2>
      <Tries label="Drop a picture that it has never seen" take={take} />
    </section>
  );
}
