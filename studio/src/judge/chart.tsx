import * as Plot from '@observablehq/plot';
import { useEffect, useRef } from 'preact/hooks';
import type { JSX } from 'preact';
import { saveChart } from '../parts/save-chart.ts';

/** A chart that can be saved as a drawing or a picture. */
export function Chart({
  name,
  title,
  options,
}: {
  readonly name: string;
  readonly title: string;
  readonly options: Plot.PlotOptions;
}): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const drawn = Plot.plot({ ...options, className: 'judge-plot', style: { background: 'transparent' } });
    // What it shows is said of the box around it: the library names parts of a drawing that have no role.
    drawn.setAttribute('aria-hidden', 'true');
    place.current?.replaceChildren(drawn);
  }, [options]);
  const save = (type: 'svg' | 'png'): void => {
    const svg = place.current?.querySelector('svg');
    if (svg) void saveChart(name, svg, type);
  };
  return (
    <figure class="judge-chart">
      <figcaption>{title}</figcaption>
      <div ref={place} role="img" aria-label={title} />
      <div class="judge-tools">
        <button
          type="button"
          onClick={() => {
            save('svg');
          }}
          aria-label={`Save ${title} as SVG`}
        >
          SVG
        </button>
        <button
          type="button"
          onClick={() => {
            save('png');
          }}
          aria-label={`Save ${title} as PNG`}
        >
          PNG
        </button>
      </div>
    </figure>
  );
}
