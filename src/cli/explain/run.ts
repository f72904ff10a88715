import { basename, dirname, extname, join } from 'node:path';
import { CardinalError, UsageError } from '../../base/errors.ts';
import { isPathPart } from '../../base/path-part.ts';
import { shortened } from '../../base/quoted.ts';
import type { PictureLimitOptions } from '../../data/picture-limits.ts';
import { readClassNames } from '../../node/class-names.ts';
import { classifierOf } from '../../node/classifier.ts';
import { makeFolder, writeFileAtomic } from '../../node/files.ts';
import { renderExplanations, type ExplainedPicture } from '../../report/explanation.ts';
import { percent } from '../../report/format.ts';
import { labelOf } from '../../use/explain/label.ts';
import { withBackend } from '../engine.ts';
import type { EngineFlags } from '../flags/engine.ts';
import { givenLimits } from '../flags/pictures.ts';
import type { WeightsFlags } from '../flags/weights.ts';
import { loadForUse, preprocessingFor } from '../loading.ts';
import { fail, naming } from '../output/failure.ts';
import { print, tell } from '../output/print.ts';
import { namedPictures } from '../predict/pictures.ts';
import { explainPicture, type ExplainedInFull } from './picture.ts';
import { pathsTable } from './paths-table.ts';

/** Flags of `cardinal explain`. */
export interface ExplainFlags extends EngineFlags, WeightsFlags, PictureLimitOptions {
  readonly out?: string;
  readonly html?: string;
  readonly method: 'grad-cam' | 'occlusion';
  readonly paths: boolean;
  readonly class?: string;
  readonly classes?: string;
  readonly size?: number;
}

/** `cardinal explain`: tells of a picture that cannot be read on stderr and goes on with the others. */
export async function explain(path: string, images: readonly string[], flags: ExplainFlags): Promise<void> {
  const { out, html } = flags;
  if (out === undefined && html === undefined) {
    throw new UsageError('explain writes somewhere: give --out with a folder, --html with a file, or both');
  }
  const names = flags.classes === undefined ? undefined : await readClassNames(flags.classes);
  const trained = await loadForUse(path, flags);
  const preprocessing = await preprocessingFor(trained, flags);
  const pictures = await namedPictures(images, { tell, fail });
  await withBackend(flags, async (backend) => {
    const several = flags.paths || flags.method === 'occlusion';
    const classifier = await classifierOf(trained, {
      ...{ backend, preprocessing, classes: names, maxBatch: several ? 8 : 1 },
      ...givenLimits(flags),
    });
    const label = flags.class === undefined ? undefined : labelOf(flags.class, classifier.classes);
    if (out !== undefined) await makeFolder(out);
    const taken = new Set<string>();
    const explained: ReturnType<typeof entryOf>[] = [];
    const shown: ExplainedPicture[] = [];
    for (const { name, input } of pictures) {
      try {
        const found = await explainPicture(classifier, input, {
          ...{ label, method: flags.method, paths: flags.paths, limits: givenLimits(flags) },
          page: html !== undefined,
        });
        const overlay = out === undefined ? undefined : freeName(name, taken);
        if (out !== undefined && overlay !== undefined) {
          await writeFileAtomic(join(out, overlay), await found.explanation.overlay({ size: flags.size }));
        }
        explained.push(entryOf(name, overlay, found));
        if (html !== undefined) shown.push({ image: name, ...(await found.shown()) });
        const { class: called, probability } = found.explanation;
        const where = out === undefined || overlay === undefined ? '' : `, ${join(out, overlay)}`;
        print(`${shortened(name, 300)}: ${shortened(called)} ${percent(probability, 1)}${where}`);
        if (found.paths !== undefined) print(pathsTable(found.paths.blocks));
      } catch (error) {
        if (!(error instanceof CardinalError)) throw error;
        fail(naming(shortened(name, 300), error));
      }
    }
    if (out !== undefined) {
      await writeFileAtomic(join(out, 'explanations.json'), `${JSON.stringify(explained, null, 2)}\n`);
    }
    if (html !== undefined && shown.length > 0) {
      await makeFolder(dirname(html));
      await writeFileAtomic(html, renderExplanations(classifier.name, shown));
      print(`all of it as a page: ${html}`);
    }
  });
}

/** What `explanations.json` says of a picture. `overlay` is the name of the PNG beside it. */
function entryOf(image: string, overlay: string | undefined, { explanation, paths }: ExplainedInFull) {
  const { label, class: name, probability, region } = explanation;
  return {
    image,
    overlay,
    label,
    class: name,
    probability,
    region,
    ...(paths && { logit: paths.logit, blocks: paths.blocks }),
  };
}

/** A name for a picture's PNG that no other has, whatever other systems think of case: `cat.png`, `cat-2.png`. */
function freeName(image: string, taken: Set<string>): string {
  const stem = image === '-' ? 'stdin' : basename(image, extname(image));
  const base = isPathPart(stem) ? stem : 'picture';
  for (let again = 1; ; again++) {
    const name = again === 1 ? `${base}.png` : `${base}-${again}.png`;
    if (taken.has(name.toLowerCase())) continue;
    taken.add(name.toLowerCase());
    return name;
  }
}
