import type { Part } from '../outline.ts';
import type { BlockShape, Shown } from '../work/service.ts';

/** The blocks of a network that are bottlenecks of the ResNeXt paper, read off the network as it is built. */
export const stageBlock = {
  count: (shown: Shown): number => found(shown.network).length,
  of: (shown: Shown, stage: number): BlockShape | undefined => found(shown.network).at(stage),
};

const types: ReadonlySet<string | undefined> = new Set([
  'Bottleneck',
  'AggregatedBottleneck',
  'EarlyConcatBottleneck',
]);

/** One for each stage: the last of its blocks, whose input passes on as it is. */
function found(network: Part): BlockShape[] {
  return network.children.flatMap(({ children }) => {
    const block = children.findLast(({ typeName }) => types.has(typeName));
    const shape = block === undefined ? undefined : shapeOf(block);
    return shape === undefined ? [] : [shape];
  });
}

function shapeOf(block: Part): BlockShape | undefined {
  const [, inputWidth, pictureSize] = block.outputShape;
  const paths = block.children.find(({ paths: [path] }) => path.endsWith('.paths'));
  if (paths !== undefined) {
    const [run] = paths.children;
    const inner = run.children.find(({ paths: [path] }) => path.endsWith('.conv1'));
    return { cardinality: run.paths.length, width: inner?.outputShape[1] ?? 1, inputWidth, pictureSize };
  }
  const conv2 = block.children.find(({ paths: [path] }) => path.endsWith('.conv2'));
  const channels = conv2?.outputShape[1];
  if (conv2 === undefined || channels === undefined || conv2.typeName !== 'Conv2d') return undefined;
  // K×(C/G)×3×3 weights of as many channels in as out.
  const width = conv2.parameters / (9 * channels);
  return { cardinality: channels / width, width, inputWidth, pictureSize };
}
