import { Linear } from './layers/linear.ts';
import { checkModule, type AnyModule } from './module.ts';

/**
 * The names of the classifier's tensors: those of the only `Linear`, or of the last one if no other parameters follow it.
 * None if there is no such: where a convolution classifies, a `Linear` before it does something else.
 */
export function headOf(model: AnyModule): string[] {
  checkModule('headOf', 'the network', model);
  const layers = model.namedModules().filter(([, module]) => module.ownParameters().length > 0);
  const linears = layers.filter(([, module]) => module instanceof Linear);
  const head = linears.length === 1 ? linears.at(0) : layers.at(-1);
  if (head === undefined) return [];
  const [path, layer] = head;
  if (!(layer instanceof Linear)) return [];
  return layer.ownParameters().map(([name]) => (path === '' ? name : `${path}.${name}`));
}
