import type { JSX } from 'preact';
import { whenReady } from '../engine/engine.ts';
import { PictureView } from '../parts/picture.tsx';
import { Tries, type Taken } from './tries.tsx';

/** Classifies pictures of the visitor's. */
export function Try({ weights }: { readonly weights: string }): JSX.Element {
  const take = async (file: File): Promise<Taken> => {
    const engine = await whenReady();
    const bytes = new Uint8Array(await file.arrayBuffer());
    const upload = await engine.call('upload', [{ name: file.name, bytes }]);
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
