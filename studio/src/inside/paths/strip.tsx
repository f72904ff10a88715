import type { InsideBlock } from 'cardinal-nn/studio';
import type { JSX } from 'preact';
import { useId } from 'preact/hooks';
import { barOf, largest, signedNumber, strongest, type BlockShares } from './scale.ts';
import { block, blocks, path, shares } from './state.ts';

/** Pixels. */
const small = { width: 84, height: 24 } as const;

/** All blocks in their order, to choose one; of those that are known the effects, on one scale for all. */
export function BlockStrip(): JSX.Element {
  const name = useId();
  const most = largest([...shares.value.values()].flatMap(({ paths }) => paths.map(({ effect }) => effect)));
  return (
    <fieldset class="inside-strip">
      <legend>Block, from the picture to the classes</legend>
      {blocks.value.map((one) => (
        <label key={one.block}>
          <input
            type="radio"
            name={name}
            aria-label={described(one)}
            checked={one.block === block.value?.block}
            onChange={() => {
              block.value = one;
              path.value = 0;
            }}
          />
          <span>{one.block}</span>
          <Small found={shares.value.get(one.block)} most={most} />
        </label>
      ))}
    </fieldset>
  );
}

function described({ block: name, paths }: InsideBlock): string {
  const found = shares.value.get(name);
  const { best, worst } = found === undefined ? {} : strongest(found);
  const strong = [best, worst].flatMap((at) =>
    at === undefined || found === undefined ? [] : [`path ${at} ${signedNumber(found.paths[at].effect)}`],
  );
  return [`${name}, ${paths} paths`, ...strong].join(', ');
}

function Small({
  found,
  most,
}: {
  readonly found: BlockShares | undefined;
  readonly most: number;
}): JSX.Element {
  const { width, height } = small;
  const step = width / Math.max(1, found?.paths.length ?? 1);
  return (
    <svg aria-hidden="true" {...small}>
      <rect class="axis" x={0} y={height / 2 - 0.25} width={width} height={0.5} />
      {found?.paths.map(({ effect }, at) => (
        <rect
          key={at}
          class={effect < 0 ? 'against' : 'for'}
          x={at * step}
          width={step * 0.8}
          {...barOf(effect, most, { zero: height / 2, size: height / 2 - 1 })}
        />
      ))}
    </svg>
  );
}
