import { openPictures } from 'cardinal-nn/web';

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

/** Fetches and opens them. Rejects if they are not beside the page. */
export async function openBundled(): ReturnType<typeof openPictures> {
  const list = await Promise.all(
    Object.entries(files).map(async ([name, url]) => {
      const answer = await fetch(url);
      if (!answer.ok) throw new Error(`${name} is not beside the page: ${answer.status} for ${url.href}`);
      return new File([await answer.blob()], name);
    }),
  );
  return openPictures(list);
}
