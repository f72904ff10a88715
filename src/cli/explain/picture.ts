import type { PictureInput } from '../../data/picture-forms.ts';
import type { PictureLimitOptions } from '../../data/picture-limits.ts';
import { drawPicture } from '../../node/explain.ts';
import { loadPicture } from '../../node/data/decode.ts';
import type { ExplainedPicture } from '../../report/explanation.ts';
import type { Classifier } from '../../use/classifier.ts';
import type { Explanation, PicturePaths } from '../../use/explain/explanation.ts';
import { predictProgress } from '../predict/progress.ts';

/** What was found out about a picture. */
export interface ExplainedInFull {
  readonly explanation: Explanation;
  readonly paths: PicturePaths | undefined;
  /** What a page shows of it. */
  shown(): Promise<Omit<ExplainedPicture, 'image'>>;
}

/** Longer side of pictures in a page. */
const shownSize = 480;
const titles = {
  'grad-cam': 'Grad-CAM',
  occlusion: 'covering one part of the picture after the other',
} as const;

/** What is asked of a picture. */
export interface AskedOfPicture {
  readonly label: number | undefined;
  readonly method: keyof typeof titles;
  readonly paths: boolean;
  readonly limits: PictureLimitOptions;
  /** Whether it is shown in a page. */
  readonly page: boolean;
}

/** Asks all of it, of one class throughout. */
export async function explainPicture(
  classifier: Classifier,
  input: PictureInput,
  { label: asked, method, paths: wantsPaths, limits, page }: AskedOfPicture,
): Promise<ExplainedInFull> {
  // A stream is there once.
  const picture = (page || wantsPaths) && isEncoded(input) ? await loadPicture(input, limits) : input;
  const explanation =
    method === 'occlusion'
      ? await withProgress('places', (onProgress) =>
          classifier.occlusion(picture, { label: asked, onProgress }),
        )
      : await classifier.explain(picture, { label: asked });
  const { label } = explanation;
  const paths = wantsPaths
    ? await withProgress('paths', (onProgress) =>
        classifier.pathContributions(picture, { label, onProgress }),
      )
    : undefined;
  return {
    explanation,
    paths,
    async shown() {
      const { class: called, probability } = explanation;
      return {
        ...{ label, class: called, probability, method: titles[method], blocks: paths?.blocks },
        top: await classifier.classify(picture, { topK: Math.min(5, classifier.classes.length) }),
        picture: isEncoded(picture) ? '' : dataUrl(await drawPicture(picture, shownSize)),
        overlay: dataUrl(await explanation.overlay({ size: shownSize })),
      };
    },
  };
}

type Raw = Extract<PictureInput, { readonly channels: number }>;

function isEncoded(input: PictureInput): input is Exclude<PictureInput, Raw> {
  return !(typeof input === 'object' && 'channels' in input);
}

async function withProgress<T>(
  what: string,
  work: (onProgress: (progress: { readonly done: number; readonly of: number }) => void) => Promise<T>,
): Promise<T> {
  let progress: ReturnType<typeof predictProgress> | undefined;
  try {
    // Answers come behind it, not between its steps.
    return await work(({ done, of }) => {
      (progress ??= predictProgress(of, process.stderr, {}, what)).done(done);
    });
  } finally {
    progress?.stop();
  }
}

function dataUrl(png: Uint8Array): string {
  return `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
}
