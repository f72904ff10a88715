import type { Value } from '../../graph/value.ts';
import { currentTracing } from '../../nn/tracing.ts';

/** N×C×H×W → `parts` of N×(C/parts)×H×W, each of neighbouring channels. */
export function splitChannels(x: Value, parts: number): Value[] {
  const { graph } = currentTracing('splitChannels');
  const length = x.shape[1] / parts;
  return Array.from({ length: parts }, (_, part) =>
    graph.apply1('slice_channels', [x], { start: part * length, length }),
  );
}
