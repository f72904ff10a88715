import type { JSX } from 'preact';
import type { Figure } from '../../network/block/figure.ts';
import { barOf, digits, largest, signedNumber, type BlockShares } from './scale.ts';
import { path as chosen } from './state.ts';

/** Pixels: above the bars, of the norms, between them and the effects, of an effect to either side. */
const places = { top: 14, norm: 44, gap: 30, effect: 46 } as const;

/** What the figure has to leave free. */
export const barsHeight = places.top + places.norm + places.gap + 2 * places.effect;

interface BarsProps {
  readonly figure: Figure;
  readonly name: string;
  readonly found: BlockShares | undefined;
  /** A path to look at, and none any more. */
  readonly onLook: (path: number | undefined) => void;
}

/** Under each path of a block's drawing its norm and its effect. Paths are walked by arrow keys. */
export function PathBars({ figure, name, found, onLook }: BarsProps): JSX.Element {
  const { band, left, pieces, width, height } = figure;
  const lanes = pieces.filter(({ row }) => row === 2);
  const norm = { zero: band.y + places.top + places.norm, size: places.norm };
  const effect = { zero: norm.zero + places.gap + places.effect, size: places.effect };
  const norms = largest(found?.paths.map((one) => one.norm) ?? []);
  const effects = largest(found?.paths.map((one) => one.effect) ?? []);
  const step = lanes.length > 1 ? lanes[1].x - lanes[0].x : width - left;
  const note = (y: number, text: string): JSX.Element => (
    <text class="layer soft" x={0} y={y}>
      {text}
    </text>
  );
  const isAbove = left === 0;
  return (
    <>
      {[norm.zero, effect.zero].map((y) => (
        <rect key={y} class="axis" x={left} y={y - 0.5} width={width - left - 22} height={1} />
      ))}
      {found?.paths.map((of, path) => {
        const lane = lanes.at(path);
        if (lane === undefined) return undefined;
        const wide = { x: lane.x - 0.5, width: lane.width + 1 };
        return (
          <g key={path}>
            <rect class="norm" {...wide} {...barOf(of.norm, norms, norm)} />
            <rect
              class={of.effect < 0 ? 'against' : 'for'}
              {...wide}
              {...barOf(of.effect, effects, effect)}
            />
          </g>
        );
      })}
      {found && (
        <>
          {note(isAbove ? norm.zero - norm.size - 4 : norm.zero - 16, `norm, to ${digits(norms)}`)}
          {note(isAbove ? effect.zero - effect.size - 6 : effect.zero - 12, `effect, to ±${digits(effects)}`)}
          {!isAbove && note(effect.zero + 6, '↑ for the class')}
          {!isAbove && note(effect.zero + 24, '↓ against it')}
        </>
      )}
      <g
        role="listbox"
        aria-label={`Paths of ${name}, by arrow keys`}
        aria-orientation="horizontal"
        onKeyDown={(event) => {
          walk(event, lanes.length);
        }}
      >
        {lanes.map(({ path, x, width: wide }) => (
          <rect
            key={path}
            class="hit"
            role="option"
            // As SVG writes it: there its attributes' names are not of any case.
            tabindex={path === chosen.value ? 0 : -1}
            aria-selected={path === chosen.value}
            aria-label={pathText(path, found)}
            x={x + wide / 2 - step / 2}
            y={28}
            width={step}
            height={height - 28 - 50}
            onFocus={() => {
              chosen.value = path;
            }}
            onClick={() => {
              chosen.value = path;
            }}
            onPointerEnter={() => {
              onLook(path);
            }}
            onPointerLeave={() => {
              onLook(undefined);
            }}
          />
        ))}
      </g>
    </>
  );
}

/** A path and its numbers, in words. */
export function pathText(path: number, found: BlockShares | undefined): string {
  const of = found?.paths.at(path);
  if (of === undefined) return `Path ${path}`;
  return `Path ${path}: norm ${digits(of.norm)}, share ${signedNumber(of.share)}, effect ${signedNumber(of.effect)}`;
}

function walk(event: KeyboardEvent & { readonly currentTarget: SVGGElement }, count: number): void {
  const at = chosen.value;
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: count - 1 }[event.key];
  if (to === undefined || to < 0 || to >= count) return;
  event.preventDefault();
  event.currentTarget.querySelectorAll<SVGElement>('[role=option]')[to].focus();
}
