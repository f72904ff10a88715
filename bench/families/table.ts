import type { Measured, Outcome } from '../compare/rounds.ts';
import { medianOf } from '../compare/statistics.ts';
import type { NetworkWork, Work } from '../compare/work.ts';
import { inCell, ms, row } from '../table-cells.ts';

/** A time of ours against a peer's, and at most which ratio is aimed at. */
interface Goal {
  readonly ours: RegExp;
  /** Of several the one with the least median counts. */
  readonly peers: RegExp;
  readonly most: number;
}

const alone = /^Cardinal$/;
const native = /^Cardinal and /;

const goals: Readonly<Record<NetworkWork['kind'], readonly Goal[]>> = {
  forward: [
    { ours: native, peers: /^onnxruntime-node$/, most: 1.1 },
    { ours: alone, peers: /^onnxruntime-web$/, most: 0.5 },
  ],
  training: [{ ours: native, peers: /^PyTorch/, most: 0.8 }],
};

export interface FamilyOutcome {
  readonly work: Work;
  readonly outcome: Outcome;
}

/** What became of the goals, then every contender's time of every work, as Markdown. */
export function familyTable(outcomes: readonly FamilyOutcome[]): string {
  return [
    '| work | goal | median of the ratios (least to most) | |',
    '|---|---|---|---|',
    ...outcomes.flatMap(verdicts),
    '',
    '| work | contender | ms, median (least to most) | peak, MiB |',
    '|---|---|---|---|',
    ...outcomes.flatMap(times),
    '',
  ].join('\n');
}

function verdicts({ work, outcome: { measured } }: FamilyOutcome): string[] {
  if ('layers' in work) return [];
  return goals[work.kind].flatMap(({ ours, peers, most }) => {
    const own = measured.find(({ name }) => ours.test(name));
    const peer = fastest(measured.filter(({ name }) => peers.test(name)));
    if (own === undefined || peer === undefined) return [];
    const ratios = own.rounds.map((time, round) => time / peer.rounds[round]);
    const ratio = medianOf(ratios);
    return [
      row([
        work.title,
        `${own.name} ÷ ${peer.name} ≤ ${most}`,
        `**${ratio.toFixed(2)}** (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})`,
        ratio <= most ? 'met' : 'missed',
      ]),
    ];
  });
}

function fastest(measured: readonly Measured[]): Measured | undefined {
  return measured.toSorted((a, b) => medianOf(a.rounds) - medianOf(b.rounds))[0];
}

function times({ work, outcome: { measured, leftOut } }: FamilyOutcome): string[] {
  return [
    ...measured.map(({ name, rounds, peakBytes }) =>
      row([
        work.title,
        name,
        `${ms(medianOf(rounds))} (${ms(Math.min(...rounds))} to ${ms(Math.max(...rounds))})`,
        peakBytes === undefined ? '' : (peakBytes / 2 ** 20).toFixed(0),
      ]),
    ),
    ...leftOut.map(({ name, reason }) => row([work.title, name, inCell(reason), ''])),
  ];
}
