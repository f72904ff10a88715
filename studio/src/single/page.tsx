import { useSignal } from '@preact/signals';
import type { HtmlFacts } from 'cardinal-nn/studio';
import { loadClassifier, type Classifier } from 'cardinal-nn/web';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { messageOf } from '../parts/message-of.ts';
import { Tries, type Taken } from '../use/tries.tsx';
import { About } from './about.tsx';
import { FilePicture } from './file-picture.tsx';
import { takeInside } from './inside.ts';

/** Classes of each answer. */
const topK = 5;

type Opened =
  | { readonly kind: 'opening' }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'open'; readonly classifier: Classifier; readonly licences: string };

/** The page of a file with a trained network in it. */
export function SinglePage({ facts }: { readonly facts: HtmlFacts }): JSX.Element {
  const opened = useSignal<Opened>({ kind: 'opening' });
  useEffect(() => {
    open(facts).then(
      (value) => {
        opened.value = value;
      },
      (error: unknown) => {
        opened.value = { kind: 'failed', message: messageOf(error) };
      },
    );
  }, [facts, opened]);
  return (
    <main>
      <h1>{facts.title}</h1>
      <p class="about">Show it a picture. It is classified on this device and sent nowhere.</p>
      <Room facts={facts} opened={opened.value} />
    </main>
  );
}

function Room({ facts, opened }: { readonly facts: HtmlFacts; readonly opened: Opened }): JSX.Element {
  if (opened.kind === 'opening') return <p role="status">Opening the network …</p>;
  if (opened.kind === 'failed') {
    return <p role="alert">The network cannot be opened: {opened.message}</p>;
  }
  const { classifier } = opened;
  const take = async (file: File): Promise<Taken> => ({
    picture: <FilePicture file={file} />,
    answer: await classifier.classify(file, { topK }).then(
      (top) => ({ top }),
      (error: unknown) => ({ error: messageOf(error) }),
    ),
  });
  return (
    <>
      <Tries label="Drop or paste a picture anywhere on this page" take={take} />
      {classifier.task === 'labels' && (
        <p class="about">Each label is true or not, whatever the others are.</p>
      )}
      <About facts={facts} classifier={classifier} licences={opened.licences} />
    </>
  );
}

async function open(facts: HtmlFacts): Promise<Opened> {
  const { scripts, weights, licences } = await takeInside();
  // All that it needs is in `scripts`: there is no folder to look in, and the page's policy lets nothing be fetched.
  const options = { scripts, networks: facts.networks, base: 'file:///', threads: 1 };
  return { kind: 'open', classifier: await loadClassifier(weights, options), licences };
}
