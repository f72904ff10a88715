import type { JSX } from 'preact';
import { network, picture } from '../state.ts';
import { Answered } from '../waiting.tsx';
import { nameOf } from '../why.tsx';
import { BlockDrawing } from './drawing.tsx';
import { Numbers } from './numbers.tsx';
import { block, blocks, isAll, leaving, shareLabel, shares } from './state.ts';
import { BlockStrip } from './strip.tsx';

/** What each path of the blocks contributes to the class, on the block's own drawing. */
export function Paths(): JSX.Element {
  return (
    <section aria-labelledby="inside-paths">
      <h2 id="inside-paths">What each path of a block contributes</h2>
      <Answered answer={network.answer} what="Opening the network">
        {({ blocks: all, name }) => (all.length === 0 ? <NoPaths name={name} /> : <Blocks />)}
      </Answered>
    </section>
  );
}

function NoPaths({ name }: { readonly name: string }): JSX.Element {
  return (
    <p>
      {name} has no block whose paths could be told apart: none in which a 1×1 convolution adds up what the
      groups of another one give. ResNeXts and RegNets have such blocks; those of a ResNet are one path each.
      Its layers and filters are below.
    </p>
  );
}

function Blocks(): JSX.Element {
  const drawn = block.value;
  const found = drawn && shares.value.get(drawn.block);
  const count = blocks.value.reduce((sum, { paths }) => sum + paths, 0);
  const isDone = blocks.value.every((one) => shares.value.has(one.block));
  return (
    <>
      <p class="hint">
        A block adds up what its paths give. <b>Norm</b>: how large a path is beside the sum. <b>Effect</b>:
        each path is left out alone, all that follows is computed again, and this is what the class's logit
        loses
        {shareLabel.value === undefined ? '' : `, here that of ${nameOf(shareLabel.value)}`}.
      </p>
      <BlockStrip />
      {picture.value === undefined && <p>Choose a picture to see what the paths do with it.</p>}
      {drawn && <BlockDrawing block={drawn} found={found} />}
      <Answered answer={leaving.answer} what="Leaving out paths">
        {() => null}
      </Answered>
      {picture.value !== undefined && blocks.value.length > 1 && !isDone && (
        <button
          type="button"
          disabled={shareLabel.value === undefined}
          onClick={() => {
            isAll.value = !isAll.value;
          }}
        >
          {isAll.value ? 'Stop' : `Leave out the ${count} paths of all blocks`}
        </button>
      )}
      {found && <Numbers found={found} />}
    </>
  );
}
