import {
  AggregatedBottleneck,
  Bottleneck,
  createModel,
  EarlyConcatBottleneck,
  familyOf,
  listModels,
  modelInfo,
  trace,
} from 'cardinal-nn';
import {
  plainTarget,
  planInference,
  planTimeline,
  planTraining,
  type PlanTimeline,
} from 'cardinal-nn/backends';
import { cardinalityTradeoff, costTree, countModel, toDepthwiseLimit } from 'cardinal-nn/cost';
import type { Handlers } from 'cardinal-nn/studio';
import { outline } from '../outline.ts';
import type { BlockShape, Choice, Counted, NetworkWork, ProgramAsked, Shown } from './service.ts';

/** Answers from shapes alone: no weight is drawn. Errors are the library's, one line each. */
export const networkWork: Handlers<NetworkWork> = {
  list: () => listModels().map((name) => ({ name, family: familyOf(name) })),
  show: ([choice]) => show(choice),
  count: ([choices]) => choices.map(countChoice),
  tradeoff: ([block, budget, cardinalities]) => cardinalityTradeoff({ ...block, budget, cardinalities }),
  forms: ([block]) => countForms(block),
  continuum: () =>
    toDepthwiseLimit().map((template) => {
      const { cardinality, baseWidth, depthwise } = template;
      return {
        ...template,
        macs: countModel('resnext', undefined, { cardinality, baseWidth, depthwise }).macs,
      };
    }),
  program: ([asked]) => program(asked),
};

function show(choice: Choice): Shown {
  const { name, options: given } = choice;
  const { description, paper, options, inputShape } = modelInfo(name, given);
  const tree = costTree(createModel(name, given), { inputSize: [1, ...inputShape] });
  const { parameters, macs, activations } = tree;
  const all: Shown['options'] = { ...options };
  return {
    choice,
    description,
    paper,
    options: all,
    inputShape,
    parameters,
    macs,
    activations,
    network: outline(tree),
  };
}

function countChoice({ name, options }: Choice): Counted {
  const { params, macs, activations } = countModel(name, undefined, options);
  return { name, parameters: params, macs, activations };
}

const forms = { a: AggregatedBottleneck, b: EarlyConcatBottleneck, c: Bottleneck } as const;

function countForms({ cardinality, width, inputWidth, pictureSize }: BlockShape): Counted[] {
  const planes = inputWidth / Bottleneck.expansion;
  // A block rounds planes·widthPerGroup/64 down: the middle between two whole numbers makes that exact.
  const widthPerGroup = ((width + 0.5) * 64) / planes;
  return Object.entries(forms).map(([name, Form]) => {
    const block = new Form(inputWidth, planes, {
      stride: 1,
      groups: cardinality,
      widthPerGroup,
      shortcut: 'B',
    });
    const { params, macs, activations } = countModel(block, [inputWidth, pictureSize, pictureSize]);
    return { name, parameters: params, macs, activations };
  });
}

function program({ choice, batch, training, checkpointActivations }: ProgramAsked): PlanTimeline {
  const { name, options } = choice;
  const { inputShape } = modelInfo(name, options);
  const traced = trace(createModel(name, options), [batch, ...inputShape], { training });
  const plan = training
    ? planTraining(traced, plainTarget, {
        ...{ name, checkpointActivations },
        optimizer: { kind: 'sgd', momentum: true, nesterov: false },
      })
    : planInference(traced, plainTarget, { name });
  return planTimeline(plan, plainTarget);
}
