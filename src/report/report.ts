import type { Evaluation, TaskScores } from '../train/metrics.ts';
import { confusionLead, confusionMatrix, mixUps } from './confusion.ts';
import { curves } from './curves.ts';
import type { ReportData } from './data.ts';
import { count, digits3, duration, percent, short } from './format.ts';
import { html, type Html } from './html.ts';
import { name, notes, page, section } from './parts.ts';
import { misclassifiedGroups, misclassifiedLead, sampleCards } from './pictures.ts';
import { reliabilityDiagram, reliabilityLead } from './reliability.ts';
import { taskTable } from './task-table.ts';
import { leftOutList, perClassTable, skippedList, settingsTable, sortingStyle } from './tables.ts';

/** A run as one HTML page that needs nothing beside itself: no network, no script, pictures inside. */
export function renderReport(data: ReportData): string {
  const { skipped = [] } = data;
  const body = html`<header>
      <h1>${name(data.model)} on ${name(data.dataset)}</h1>
      <p>${day(data.date)} · ${data.machine}</p>
    </header>
    ${notes(data.notes)}
    <main>
      ${figures(data)}
      ${section('How it learned', undefined, data.steps.length > 0 ? curves(data) : undefined)}
      ${evaluation(data)}
      ${data.reliability && section('How sure it is', reliabilityLead(data.reliability), data.reliability.pictures > 0 ? reliabilityDiagram(data.reliability) : undefined)}
      ${section(
        'Sample predictions',
        `The file and the true class, then what the network takes the picture for, with probabilities. A picture enlarges when it is chosen.${data.samples.some(({ map }) => map !== undefined) ? mapWords : ''}`,
        data.samples.length > 0 ? sampleCards(data.samples, data.classes) : undefined,
      )}
      ${section(
        'Misclassified pictures',
        misclassifiedLead(data),
        data.misclassified.length > 0 ? misclassifiedGroups(data) : undefined,
      )}
      ${section(
        'Could not be read',
        'Pictures that count in no figure, and why.',
        skipped.length > 0 ? skippedList(skipped) : undefined,
      )}
      ${section(
        'Left out of the data',
        'Files in its folder that were not read.',
        data.leftOut.length > 0 ? leftOutList(data.leftOut) : undefined,
      )}
      ${section(
        'The run',
        data.command === undefined ? 'Its settings.' : 'The command that repeats it, and its settings.',
        settingsTable(data),
      )}
    </main>
    <footer>
      Made by Cardinal. Accuracy is a share of pictures; a MAC is one multiply–accumulate of a weight (two
      FLOPs).
    </footer>`;
  return page(`${data.model} on ${data.dataset}`, sortingStyle, body);
}

const mapWords = ' Beside mistakes stands what spoke for the wrong class, the brighter the more (Grad-CAM).';

function figures(data: ReportData): Html {
  const { evaluated, pictureShape, reliability } = data;
  const on = evaluated && `${count(evaluated.evaluation.total)} ${evaluated.on}`;
  const epochs = data.epochs.length;
  const isOfClasses = evaluated?.evaluation.scores === undefined;
  return html`<dl class="figures">
    ${evaluated?.evaluation.scores && taskFigures(evaluated.evaluation.scores, on ?? '')}
    ${evaluated && isOfClasses ? figure('Top-1 accuracy', percent(evaluated.evaluation.top1), on) : undefined}
    ${evaluated && isOfClasses && data.classes.length > 5 ? figure('Top-5 accuracy', percent(evaluated.evaluation.top5), on) : undefined}
    ${evaluated && figure('Loss', digits3(evaluated.evaluation.loss), lossWords[evaluated.evaluation.scores?.task ?? 'classes'])}
    ${reliability && figure('Calibration error', percent(reliability.ece), 'how far from right it is, of how sure it is')}
    ${figure('Parameters', short(data.parameters), count(data.parameters))}
    ${figure('MACs', short(data.macs), `a picture of ${pictureShape.join('×')}`)}
    ${figure('Training time', duration(data.seconds), `${epochs} ${epochs === 1 ? 'epoch' : 'epochs'} of ${count(data.trainSamples)} pictures`)}
    ${figure('Throughput', `${digits3(data.imagesPerSecond)}/s`, `pictures trained on; ${percent(data.waiting, 0)} of the time waiting for them`)}
  </dl>`;
}

const lossWords = {
  classes: 'mean cross-entropy, nats',
  labels: 'mean binary cross-entropy, nats',
  numbers: 'mean squared error',
} as const;

function taskFigures(scores: TaskScores, on: string): Html {
  return scores.task === 'labels'
    ? html`${figure('mAP', percent(scores.mAP), on)}
      ${figure('F1 over a probability of 0.5', percent(scores.microF1), `micro; macro ${percent(scores.macroF1)}`)}`
    : html`${figure('Root mean squared error', digits3(scores.rmse), on)}
      ${figure('Mean absolute error', digits3(scores.mae), `R² ${digits3(scores.r2)}`)}`;
}

function figure(what: string, value: string, detail = ''): Html {
  return html`<div>
    <dt>${what}</dt>
    <dd>${value}<small>${detail}</small></dd>
  </div>`;
}

function evaluation({ evaluated }: ReportData): Html | undefined {
  if (evaluated === undefined) return undefined;
  const { evaluation: found, on } = evaluated;
  if (found.scores !== undefined) {
    const title = found.scores.task === 'labels' ? 'By label' : 'By number';
    return section(title, undefined, taskTable(found.scores));
  }
  const wrong = found.total - found.correct;
  const matrix = section(
    'Confusion matrix',
    `${count(found.correct)} of ${count(found.total)} ${on} were classified correctly, ${count(wrong)} were not. ${confusionLead(found)}`,
    confusionMatrix(found),
  );
  const byClass = section('By class', undefined, perClassTable(found));
  // A small matrix leaves room for the tables beside it, a large one takes the whole width.
  return found.perClass.length <= 12
    ? html`<div class="columns">
        ${matrix}
        <div>${byClass}${mixedUp(found, 5)}</div>
      </div>`
    : html`${matrix}
        <div class="columns uneven">${byClass}${mixedUp(found, 20)}</div>`;
}

function mixedUp(found: Evaluation, limit: number): Html | undefined {
  return section('Most often mixed up', undefined, mixUps(found, limit));
}

/** 23 November 2026, 17:26 in UTC, so that a report is the same wherever it is made. */
function day(date: Date): string {
  const text = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' });
  return `${text.format(date)} UTC`;
}
