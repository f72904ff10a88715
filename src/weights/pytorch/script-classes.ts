import type { ZipRecord } from './zip.ts';

/** What a TorchScript archive declares of a class: the names of the tensors that its state dict has, by the class's full name. */
export type ScriptClasses = ReadonlyMap<string, ReadonlySet<string>>;

/** Honest archives have some kilobytes of code for each class; it is in memory while it is read. */
const maxCodeBytes = 16 * 2 ** 20;

/**
 * The beginnings of lines that say something: a class, a list of what it saves, or anything else that is not indented and ends
 * a class. By lines, because an expression that repeats over a whole class runs out of stack in a large one.
 */
const beginnings = /^(?:class (\w+)\(.*\):$| {2}__(?:parameters|buffers)__ = \[(.*)\]$|\S)/gm;

/**
 * The tensors that each class of a TorchScript archive saves: parameters and buffers, as its code lists them, which is read
 * as text and not run. Other tensors of a module are attributes, and no part of its `state_dict()`.
 *
 *     code/__torch__/torch/nn/modules/linear.py      class Linear(Module):
 *                                                      __parameters__ = ["weight", "bias", ]
 *                                                      __buffers__ = []
 */
export async function readScriptClasses(
  records: ReadonlyMap<string, ZipRecord>,
  folder: string,
): Promise<ScriptClasses> {
  const classes = new Map<string, ReadonlySet<string>>();
  let left = maxCodeBytes;
  for (const [name, record] of records) {
    if (!name.startsWith(`${folder}code/`) || !name.endsWith('.py')) continue;
    const bytes = await record.contents(left);
    left -= bytes.length;
    const module = name.slice(`${folder}code/`.length, -'.py'.length).replaceAll('/', '.');
    const text = new TextDecoder().decode(bytes);
    let saved = new Set<string>();
    for (const match of text.matchAll(beginnings)) {
      const [type, list] = [match.at(1), match.at(2)];
      if (list !== undefined) for (const [, tensor] of list.matchAll(/"([^"]*)"/g)) saved.add(tensor);
      else {
        // A class, or what follows one.
        saved = new Set();
        if (type !== undefined) classes.set(`${module}.${type}`, saved);
      }
    }
  }
  return classes;
}
