import { UsageError } from '../base/errors.ts';
import { globSource } from '../base/glob.ts';
import { nearest } from '../base/nearest.ts';
import { checkKind, texts } from '../base/options.ts';
import { backboneOf } from './backbone.ts';
import { checkModule, join, walk, type AnyModule } from './module.ts';
import type { Parameter } from './parameter.ts';

/**
 * Freezes parts of a network, for transfer learning: training leaves their values unchanged. A pattern is the path of a
 * module or a parameter, `layer1` or `fc.weight`, and stands for all parameters below it; in it `*` is any characters, dots
 * too, and `?` is any one: `layer*.0.bn?`, `*.bias`. `backbone` is everything but the classifier, unless a module is called so. Gives the paths of the parameters that were matched, in PyTorch's order.
 *
 * A `BatchNorm2d` whose weight and bias are both frozen also stays in evaluation mode (see there); dropout goes on dropping.
 * Throws a `UsageError`, before anything is changed, if a pattern matches no parameter.
 */
export function freeze(model: AnyModule, patterns: readonly string[]): readonly string[] {
  return setRequiresGrad(model, patterns, false);
}

/** The opposite of `freeze`, with the same patterns. */
export function unfreeze(model: AnyModule, patterns: readonly string[]): readonly string[] {
  return setRequiresGrad(model, patterns, true);
}

/** The paths of the parameters that are frozen, in PyTorch's order. */
export function frozenParameters(model: AnyModule): readonly string[] {
  checkModule('frozenParameters', 'the network', model);
  return model.namedParameters().flatMap(([path, { requiresGrad }]) => (requiresGrad ? [] : [path]));
}

/**
 * Freezes the parameters at these paths and no others, as `frozenParameters` listed them. Throws a `UsageError`, before
 * anything is changed, if there is no such parameter.
 */
export function freezeExactly(model: AnyModule, paths: readonly string[]): void {
  checkModule('freezeExactly', 'the network', model);
  checkKind('freezeExactly', 'the paths', paths, texts);
  const parameters = new Map(model.namedParameters());
  const unknown = paths.find((path) => !parameters.has(path));
  if (unknown !== undefined) throw noMatch(model, unknown, [...parameters.keys()]);
  const frozen = new Set(paths);
  for (const [path, parameter] of parameters) parameter.requiresGrad = !frozen.has(path);
}

function setRequiresGrad(model: AnyModule, patterns: readonly string[], value: boolean): readonly string[] {
  checkModule(value ? 'unfreeze' : 'freeze', 'the network', model);
  checkKind(value ? 'unfreeze' : 'freeze', 'the patterns', patterns, texts);
  const everywhere = allParameters(model);
  const matched = new Set<Parameter>();
  for (const pattern of patterns) {
    const expression = patternOf(pattern);
    let found = everywhere.filter(([path]) => expression.test(path));
    if (found.length === 0 && pattern === 'backbone') found = backboneOf(model, everywhere);
    if (found.length === 0) {
      throw noMatch(model, pattern, [...new Set(everywhere.flatMap(([path]) => prefixesOf(path)))]);
    }
    for (const [, parameter] of found) matched.add(parameter);
  }
  for (const parameter of matched) parameter.requiresGrad = value;
  return model.namedParameters().flatMap(([path, parameter]) => (matched.has(parameter) ? [path] : []));
}

/** All parameters with their paths; a shared one under each of its paths, because a pattern may name any. */
function allParameters(root: AnyModule): [string, Parameter][] {
  return [...walk(root, '')].flatMap(([path, module]) =>
    module.ownParameters().map(([name, parameter]): [string, Parameter] => [join(path, name), parameter]),
  );
}

/** Matches a whole path, or its beginning up to a dot. */
export function patternOf(pattern: string): RegExp {
  return new RegExp(`^${globSource(pattern)}(\\..*)?$`);
}

/** `a`, `a.b` and `a.b.weight` for `a.b.weight`: modules that hold parameters, and the parameter. */
function prefixesOf(path: string): string[] {
  const parts = path.split('.');
  return parts.map((_, index) => parts.slice(0, index + 1).join('.'));
}

function noMatch(model: AnyModule, pattern: string, paths: readonly string[]): UsageError {
  const name = model.displayName ?? model.typeName;
  return new UsageError(
    `${name}: expected the path of a parameter, or of a module that has some, got '${pattern}', which matches none; the nearest: ${nearest(pattern, paths).join(', ')}`,
  );
}
