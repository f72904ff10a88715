import { openPictures } from 'cardinal-nn/web';
import { fetched } from './fetched.ts';

/** The pictures that come with the studio, by the names that readers know them by. */
const files = {
  'train-images-idx3-ubyte.gz': new URL(
    '../../../../data/fashion-mnist-sample/train-images-idx3-ubyte.gz',
    import.meta.url,
  ),
  'train-labels-idx1-ubyte.gz': new URL(
    '../../../../data/fashion-mnist-sample/train-labels-idx1-ubyte.gz',
    import.meta.url,
  ),
  't10k-images-idx3-ubyte.gz': new URL(
    '../../../../data/fashion-mnist-sample/t10k-images-idx3-ubyte.gz',
    import.meta.url,
  ),
  't10k-labels-idx1-ubyte.gz': new URL(
    '../../../../data/fashion-mnist-sample/t10k-labels-idx1-ubyte.gz',
    import.meta.url,
  ),
  'classes.json': new URL('../../../../data/fashion-mnist-sample/classes.json', import.meta.url),
};

export const bundledName = 'Fashion-MNIST sample';

/** Fetches and opens them. Throws a `CardinalError` if they are not beside the page. */
export async function openBundled(): ReturnType<typeof openPictures> {
  const list = await Promise.all(
    Object.entries(files).map(async ([name, url]) => {
      const blob = await fetched(url, name);
      return new File([blob], (await isZipped(blob)) ? name : name.replace(/\.gz$/, ''));
    }),
  );
  return openPictures(list);
}

/** Some servers say of `.gz` that it is how the file is sent: then the browser has unzipped it. */
async function isZipped(blob: Blob): Promise<boolean> {
  const [first, second] = new Uint8Array(await blob.slice(0, 2).arrayBuffer());
  return first === 0x1f && second === 0x8b;
}
