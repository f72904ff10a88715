import type { PlanTimeline } from 'cardinal-nn/backends';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import { bytes } from '../../parts/numbers.ts';
import { useWidth } from '../../parts/width.ts';
import { barsOf, startsOf } from './chart.ts';

const height = 280;

/** What each sort of buffer is called, and the class whose colour it has. */
export const sorts = [
  ['weights', ['parameter', 'folded']],
  ['state', ['buffer', 'gradient']],
  ['activations', ['activation', 'workspace']],
  ['in and out', ['input', 'output']],
] as const;

/** Memory over time on a canvas: a thousand buffers at once. What it shows is in the table beside it, too. */
export function Chart({ timeline }: { readonly timeline: PlanTimeline }): JSX.Element {
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const room = useWidth(frame);
  const at = useSignal<number | undefined>(undefined);
  const width = room.value;
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (context && canvas.current && width > 0) draw(context, canvas.current, timeline, width);
  }, [timeline, width]);
  const starts = startsOf(timeline.steps);
  const step = at.value === undefined ? undefined : timeline.steps.at(at.value);
  return (
    <div ref={frame} class="program-chart">
      <canvas
        ref={canvas}
        style={{ width: `${width}px`, height: `${height}px` }}
        role="img"
        aria-label={`Memory over the time of a run: at most ${bytes(timeline.peakBytes)}. The table below has the numbers.`}
        onPointerMove={(event) => {
          const share = event.offsetX / Math.max(1, width);
          at.value = Math.max(0, starts.findIndex((start) => start > share) - 1);
        }}
        onPointerLeave={() => {
          at.value = undefined;
        }}
      />
      <p class="hint" aria-hidden="true">
        {step === undefined
          ? 'From left to right the time of a run, from bottom to top the addresses of memory.'
          : `${step.scope === '' ? step.entry : step.scope} · ${step.op.replaceAll('_', ' ')} · ${bytes(step.liveBytes)} in use`}
      </p>
    </div>
  );
}

function draw(
  context: CanvasRenderingContext2D,
  canvas: HTMLCanvasElement,
  timeline: PlanTimeline,
  width: number,
): void {
  const scale = window.devicePixelRatio;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  context.scale(scale, scale);
  const style = getComputedStyle(canvas);
  const colours = new Map<string, string>();
  sorts.forEach(([, roles], index) => {
    for (const role of roles) colours.set(role, style.getPropertyValue(`--sort${index}`));
  });
  const ground = style.getPropertyValue('--ground');
  for (const { x, y, width: wide, height: high, role } of barsOf(timeline)) {
    context.fillStyle = colours.get(role) ?? style.color;
    context.fillRect(x * width, y * height, Math.max(0.5, wide * width), Math.max(0.25, high * height));
    if (high * height > 3 && wide * width > 3) {
      context.strokeStyle = ground;
      context.lineWidth = 0.5;
      context.strokeRect(x * width, y * height, wide * width, high * height);
    }
  }
}
