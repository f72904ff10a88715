import { batch, computed, effect, signal, untracked } from '@preact/signals';
import type { InsideBlock, PictureRef } from 'cardinal-nn/studio';
import { whenReady } from '../../engine/engine.ts';
import { Question } from '../question.ts';
import type { BlockShares } from './scale.ts';
import { explained, label, network, picture, weights } from '../state.ts';

/** What paths are asked about. */
interface Asked {
  readonly weights: string;
  readonly picture: PictureRef;
  /** Undefined: the likeliest class. */
  readonly label: number | undefined;
}

/** The block that is drawn. */
export const block = signal<InsideBlock | undefined>(undefined);
/** The path whose numbers are told. */
export const path = signal(0);
/** Whether all blocks are asked about, the drawn one first. */
export const isAll = signal(false);
/** What is known of blocks, by their names, and of which class. */
export const shares = signal<ReadonlyMap<string, BlockShares>>(new Map());
export const shareLabel = signal<number | undefined>(undefined);
/** Leaving paths out. */
export const leaving = new Question<undefined>();

export const blocks = computed<readonly InsideBlock[]>(() => {
  const { value } = network.answer;
  return value.kind === 'there' ? value.value.blocks : [];
});

const asked = signal<Asked | undefined>(undefined);

/** Asks about the drawn block, and about all if that is wanted, whenever the network, the picture or the class changes. */
export function beginPaths(): () => void {
  const effects = [
    effect(() => {
      const all = blocks.value;
      untracked(() => {
        const same = all.find((one) => one.block === block.value?.block);
        // The last block's paths are what the class is nearest to, and computed soonest.
        batch(() => {
          block.value = same ?? all.at(-1);
          path.value = 0;
        });
      });
    }),
    effect(() => {
      const next = question();
      untracked(() => {
        if (JSON.stringify(next) === JSON.stringify(asked.value)) return;
        batch(() => {
          asked.value = next;
          shares.value = new Map();
          shareLabel.value = undefined;
          isAll.value = false;
        });
      });
    }),
    effect(() => {
      const about = asked.value;
      const drawn = block.value;
      const wanted = isAll.value;
      untracked(() => {
        // It takes the drawn block next by itself.
        if (wanted && leaving.answer.value.kind === 'waiting' && about === running) return;
        running = about;
        leaving.clear();
        if (about === undefined || drawn === undefined || next() === undefined) return;
        leaving.ask((ending, progress) => leaveOut(about, ending, progress));
      });
    }),
  ];
  return () => {
    for (const end of effects) end();
    leaving.clear();
    asked.value = undefined;
    shares.value = new Map();
  };
}

/** What `leaving` is about. */
let running: Asked | undefined;

/** What is to be asked, as far as that is known: the class is when the picture is explained. */
function question(): Asked | undefined {
  const [of, shown, wanted] = [weights.value, picture.value, label.value];
  const { value: found } = explained.answer;
  if (of === undefined || shown === undefined || network.answer.value.kind !== 'there') return undefined;
  const about = { weights: of, picture: shown };
  if (found.kind === 'there') return { ...about, label: found.value.label };
  // A network without a feature map has paths nevertheless.
  if (found.kind === 'failed') return { ...about, label: wanted };
  const before = asked.peek();
  const isSame =
    before?.weights === of && before.picture === shown && (wanted === undefined || wanted === before.label);
  return isSame ? before : undefined;
}

/** The block that is to be computed next. */
function next(): InsideBlock | undefined {
  const drawn = block.peek();
  const isLacking = (one: InsideBlock): boolean => !shares.peek().has(one.block);
  if (drawn !== undefined && isLacking(drawn)) return drawn;
  return isAll.peek() ? blocks.peek().find(isLacking) : undefined;
}

async function leaveOut(
  { weights: of, picture: shown, label: about }: Asked,
  ending: AbortSignal,
  progress: (done: number, of: number) => void,
): Promise<undefined> {
  const engine = await whenReady();
  for (let one = next(); one !== undefined; one = next()) {
    ending.throwIfAborted();
    const { block: name } = one;
    const { blocks: found, label: class_ } = await engine.call(
      'pathShares',
      [{ weights: of, picture: shown, label: about, blocks: [name] }],
      {
        signal: ending,
        on: {
          progress: ({ done }) => {
            progress(...ofAll(name, done));
          },
        },
      },
    );
    ending.throwIfAborted();
    batch(() => {
      shares.value = new Map([...shares.peek(), ...found.map((of) => [of.block, of] as const)]);
      shareLabel.value = class_;
    });
  }
  return undefined;
}

/** How many paths of how many are left out already: of the drawn block, or of all. */
function ofAll(name: string, done: number): [done: number, of: number] {
  const counted = isAll.peek() ? blocks.peek() : blocks.peek().filter((one) => one.block === name);
  const known = counted.filter((one) => shares.peek().has(one.block));
  const sum = (some: readonly InsideBlock[]): number => some.reduce((total, { paths }) => total + paths, 0);
  return [sum(known) + done, sum(counted)];
}
