/** The studies whose results are in docs/studies, each with its question and what came of it at scale small (docs/paper.md). */
export const studies: readonly {
  readonly name: string;
  readonly question: string;
  readonly result: string;
}[] = [
  { name: 'table2', question: 'Do blocks of equal cost have the widths of Table 2?', result: 'agrees' },
  {
    name: 'forms',
    question: 'Do the three forms of a block compute the same?',
    result: 'agrees: equal to 3e-7',
  },
  {
    name: 'depthwise',
    question: 'What does the limit of cardinality cost?',
    result: 'agrees; time is 0.6 to 1.4 times what the count of MACs predicts',
  },
  {
    name: 'table3',
    question: 'Does the error fall as cardinality rises at equal cost?',
    result: 'undecided: 50.4 % error at 1×64d, 49.8 % at 32×4d, a difference of 0.6 ± 1.2',
  },
  {
    name: 'figure7',
    question: 'Is cardinality better than width at equal parameters?',
    result: 'agrees: 1.3 ± 0.6 points less error',
  },
  {
    name: 'residual',
    question: 'What do shortcuts do for both networks?',
    result: 'they help both; whether ResNeXt loses less without them, three seeds cannot decide',
  },
  {
    name: 'figure5',
    question: 'Is the training error lower, too?',
    result: 'undecided with two seeds: training error 45.8 % against 48.1',
  },
  {
    name: 'table4',
    question: 'At twice the cost: deeper, wider, or more cardinality?',
    result: 'cardinality 64 beats depth (4.3 ± 1.4 points) and width (2.4 ± 1.4)',
  },
  {
    name: 'table5',
    question: 'ResNet, Inception or ResNeXt?',
    result: 'undecided: all but Inception-v4 within chance',
  },
];
