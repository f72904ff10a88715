import * as Plot from '@observablehq/plot';
import type { ReportData, StepPoint } from './data.ts';
import { html, type Html } from './html.ts';
import { chart } from './plot.ts';

const training = 'var(--right)';
const validation = 'var(--wrong)';

/** Loss, accuracy and learning rate over the epochs of the run. */
export function curves(data: ReportData): Html {
  return html`<div class="charts">
    ${lossCharts(data)} ${data.task === undefined ? accuracyChart(data) : undefined}
    ${learningRateChart(data)}
  </div>`;
}

/** Of training and validation; in a chart each, where these are of different quantities. */
function lossCharts(data: ReportData): Html {
  const { steps, epochs, trainingLoss } = data;
  if (trainingLoss === undefined) return lossChart(data);
  const ownTraining = lossChart({ steps, epochs: [] }, `Loss of training`, trainingLoss);
  return epochs.some(({ validation }) => validation !== undefined)
    ? html`${ownTraining} ${lossChart({ steps: [], epochs }, 'Loss of validation', validationWords(data))}`
    : ownTraining;
}

function validationWords({ task }: ReportData): string {
  if (task === undefined) return 'cross-entropy';
  return task === 'labels' ? 'binary cross-entropy' : 'mean squared error';
}

/** `words` say what it shows, where it is one curve. */
function lossChart(
  { steps, epochs }: Pick<ReportData, 'steps' | 'epochs'>,
  title = 'Loss',
  words?: string,
): Html {
  const noisy = thin(steps);
  const validated = epochs.flatMap(({ epoch, validation }) =>
    validation ? [{ x: epoch + 1, y: validation.loss }] : [],
  );
  const drawn = chart(
    {
      ...frame,
      y: { label: null, grid: true, zero: true, nice: true },
      marks: [
        Plot.ruleY([0]),
        Plot.line(noisy, { x: 'x', y: 'loss', stroke: training, strokeOpacity: 0.3, strokeWidth: 1 }),
        Plot.line(smooth(noisy), { x: 'x', y: 'loss', stroke: training, strokeWidth: 2 }),
        ...validationMarks(validated),
      ],
    },
    words === undefined ? `Loss over ${epochs.length} epochs` : `${title}: ${words}`,
  );
  return words === undefined ? figure(title, validated.length > 0, drawn) : captioned(title, words, drawn);
}

function accuracyChart({ epochs }: ReportData): Html {
  const trained = epochs.map(({ epoch, train }) => ({ x: epoch + 1, y: 100 * train.top1 }));
  const validated = epochs.flatMap(({ epoch, validation }) =>
    validation ? [{ x: epoch + 1, y: 100 * validation.top1 }] : [],
  );
  const drawn = chart(
    {
      ...frame,
      y: { label: null, grid: true, nice: true },
      marks: [
        Plot.gridY(),
        Plot.axisY({ anchor: 'left', label: null, tickFormat: (share: number) => `${share} %`, ticks: 6 }),
        Plot.line(trained, { x: 'x', y: 'y', stroke: training, strokeWidth: 2 }),
        Plot.dot(trained.length === 1 ? trained : [], { x: 'x', y: 'y', fill: training }),
        ...validationMarks(validated),
      ],
    },
    `Top-1 accuracy over ${epochs.length} epochs`,
  );
  return figure('Top-1 accuracy', validated.length > 0, drawn);
}

function learningRateChart({ steps }: ReportData): Html {
  const drawn = chart(
    {
      ...frame,
      y: { label: null, grid: true, zero: true, nice: true },
      marks: [
        Plot.ruleY([0]),
        Plot.line(thin(steps), { x: 'x', y: 'learningRate', stroke: 'currentColor', strokeWidth: 1.5 }),
      ],
    },
    'Learning rate over the run',
  );
  return captioned('Learning rate', 'for each step', drawn);
}

function captioned(title: string, words: string, drawn: Html): Html {
  return html`<figure>
    <figcaption>${title}<br /><span class="key">${words}</span></figcaption>
    ${drawn}
  </figure>`;
}

/** All three charts have the same horizontal axis. */
const frame = {
  width: 400,
  height: 260,
  marginLeft: 52,
  marginRight: 12,
  marginTop: 14,
  marginBottom: 38,
  x: {
    label: 'epoch',
    labelAnchor: 'center',
    labelArrow: 'none',
    ticks: 6,
    tickFormat: wholeOnly,
    nice: true,
  },
} as const;

function wholeOnly(value: number): string {
  return Number.isInteger(value) ? String(value) : '';
}

function validationMarks(points: readonly { x: number; y: number }[]): Plot.Markish[] {
  return [
    Plot.line(points, { x: 'x', y: 'y', stroke: validation, strokeWidth: 2, strokeDasharray: '6 3' }),
    // Dots show that these are measured once an epoch; at many epochs they would only blot.
    Plot.dot(points.length <= 40 ? points : [], { x: 'x', y: 'y', fill: validation, r: 3.5 }),
  ];
}

function figure(title: string, hasValidation: boolean, drawn: Html): Html {
  const sample = (dash: string): Html =>
    html`<svg width="22" height="8" aria-hidden="true">
      <path d="M0 4H22" stroke="currentColor" stroke-width="2" stroke-dasharray="${dash}" />
    </svg>`;
  const key = html`<span class="key"
    ><span><span class="right">${sample('none')}</span>training</span>
    ${hasValidation ? html`<span><span class="wrong">${sample('6 3')}</span>validation</span>` : undefined}</span
  >`;
  return html`<figure>
    <figcaption>${title}<br />${key}</figcaption>
    ${drawn}
  </figure>`;
}

interface CurvePoint {
  /** Epochs done, with fractions. */
  x: number;
  loss: number;
  learningRate: number;
}

/** At most `limit` points: the means of equally many neighbouring steps. */
function thin(steps: readonly StepPoint[], limit = 400): CurvePoint[] {
  const size = Math.max(1, Math.ceil(steps.length / limit));
  const points: CurvePoint[] = [];
  for (let start = 0; start < steps.length; start += size) {
    const bucket = steps.slice(start, start + size);
    const mean = (value: (point: StepPoint) => number): number =>
      bucket.reduce((sum, point) => sum + value(point), 0) / bucket.length;
    points.push({
      x: rounded(mean((point) => point.step / point.stepsPerEpoch)),
      loss: rounded(mean((point) => point.loss)),
      learningRate: mean((point) => point.learningRate),
    });
  }
  return points;
}

/** An exponential moving average without the bias towards its start (as Adam corrects it). */
function smooth(points: readonly CurvePoint[], decay = 0.8): CurvePoint[] {
  let average = 0;
  let weight = 0;
  return points.map((point) => {
    average = decay * average + (1 - decay) * point.loss;
    weight = decay * weight + (1 - decay);
    return { ...point, loss: rounded(average / weight) };
  });
}

function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
