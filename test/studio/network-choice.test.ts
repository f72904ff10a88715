import { describe, expect, it } from 'vitest';
import { countModel } from '../../src/cost/count-model.ts';
import { createModel, listModels, modelInfo } from '../../src/models/index.ts';
import { findStudy } from '../../src/study/studies/index.ts';
import { addressOf, choiceOf, freeChoice, withOption } from '../../studio/src/network/choice.ts';
import { controls } from '../../studio/src/network/controls/options.ts';
import { publishedNetworks } from '../../studio/src/network/published.ts';

const partsOf = (address: string) => address.slice(2).split('/').map(decodeURIComponent);

describe('a choice in the address', () => {
  it('is written so that people can read it', () => {
    const choice = {
      name: 'resnext',
      options: { layers: [3, 4, 23, 3], cardinality: 64, form: 'a', avgDown: true },
    };
    expect(addressOf(choice)).toBe('#/network/resnext/layers=3,4,23,3/cardinality=64/form=a/avgDown=true');
    expect(choiceOf(partsOf(addressOf(choice)))).toEqual(choice);
  });

  it('keeps what strangers write, for the library to refuse', () => {
    const choice = { name: '<b>/%', options: { form: 'é/&' } };
    expect(choiceOf(partsOf(addressOf(choice)))).toEqual(choice);
    expect(choiceOf(['network'])).toBeUndefined();
    expect(choiceOf(['train', 'resnet18'])).toBeUndefined();
    expect(choiceOf(['network', 'resnet18', 'nonsense'])).toEqual({ name: 'resnet18', options: {} });
  });

  it('leaves out what is a default', () => {
    const defaults = { cardinality: 32, layers: [3, 4, 6, 3], form: 'c' };
    const choice = withOption({ name: 'resnext', options: { form: 'a' } }, defaults, { cardinality: 8 });
    expect(choice.options).toEqual({ form: 'a', cardinality: 8 });
    expect(
      withOption(choice, defaults, { form: 'c', cardinality: 32, layers: [3, 4, 6, 3] }).options,
    ).toEqual({});
  });
});

describe('a network whose name fixes its template', () => {
  const fixed = listModels().flatMap((name) => {
    const free = freeChoice({ name, options: {} });
    return free === undefined ? [] : [[name, free] as const];
  });

  it('is found for every ResNet and ResNeXt with bottlenecks', () => {
    expect(fixed.map(([name]) => name)).toEqual(
      expect.arrayContaining([
        'resnet50',
        'resnext50_32x4d',
        'resnext101_32x8d',
        'resnet101_1x100d',
        'resnext29_8x64d_cifar',
      ]),
    );
    expect(freeChoice({ name: 'resnet18', options: {} })).toBeUndefined();
    expect(freeChoice({ name: 'convnext_tiny', options: {} })).toBeUndefined();
  });

  it.each(fixed)('costs the same when it is set freely: %s', (name, free) => {
    const { params, macs } = countModel(name);
    const own = countModel(free.name, undefined, free.options);
    expect([own.params, own.macs]).toEqual([params, macs]);
  });
});

describe('controls', () => {
  const names = listModels();
  const having = (option: string) => names.find((name) => option in modelInfo(name).options);

  it('has one for every option of the registry', () => {
    const all = new Set(names.flatMap((name) => Object.keys(modelInfo(name).options)));
    expect(controls.map(({ option }) => option).sort()).toEqual([...all].sort());
  });

  it.each(controls)('offers what networks accept: $option', (control) => {
    const name = having(control.option) ?? '';
    const values =
      control.kind === 'slider'
        ? [control.values[0], control.values[control.values.length - 1]]
        : control.kind === 'choice'
          ? control.choices.map(([value]) => value)
          : control.kind === 'switch'
            ? [true, false]
            : [[1, 1, 1, 1]];
    for (const value of values) {
      // Throws for what it does not know.
      expect(modelInfo(name, { [control.option]: value }).options).toMatchObject({ [control.option]: value });
    }
  });
});

describe('what the paper published', () => {
  it('are networks of the registry', () => {
    for (const { name } of publishedNetworks) expect(listModels(name)).toEqual([name]);
    expect(createModel('resnet200').parameters().length).toBeGreaterThan(0);
  });

  it('are the errors that the studies compare with', () => {
    const arms = ['table3', 'table4'].flatMap((name) => findStudy(name).setting('paper').arms);
    const published = new Map(
      arms.flatMap(({ network, published: error }) =>
        'name' in network ? [[network.name, error] as const] : [],
      ),
    );
    for (const { name, error } of publishedNetworks)
      expect([name, published.get(name)]).toEqual([name, error]);
  });
});
