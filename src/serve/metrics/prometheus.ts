import { Counter, Gauge, Histogram, Registry } from 'prom-client';

import type { ModelEvent } from '../models/events.ts';
import type { ServedModels } from '../models/served-models.ts';
import { bounded } from './bounded.ts';
import { processMetrics } from './process-metrics.ts';
import type { ServeMetrics } from './serve-metrics.ts';

/** Seconds: of a small network's stage, up to the longest timeout that is usual. */
const secondBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const batchBuckets = [1, 2, 4, 8, 16, 32, 64, 128, 256];

/** Values of one label, at most: far more than a server has routes, kinds of errors or models. */
const mostValues = 200;

type Outcome = 'loaded' | 'unchanged' | 'failed';
const outcomes: readonly Outcome[] = ['loaded', 'unchanged', 'failed'];

/** Metrics of one server in a registry of its own, which a program's other metrics know nothing of. */
export function prometheusMetrics(models: ServedModels): ServeMetrics {
  const registry = new Registry();
  const registers = [registry];
  const [route, kind] = [bounded(mostValues), bounded(mostValues)];

  const requests = new Counter({
    ...{ registers, name: 'cardinal_http_requests_total', labelNames: ['route', 'status'] as const },
    help: 'Requests that are over, by route and status; 499: the client hung up.',
  });
  const requestSeconds = new Histogram({
    ...{ registers, name: 'cardinal_http_request_seconds', labelNames: ['route'] as const },
    ...{ buckets: secondBuckets, help: 'Time from the head of a request to the end of its answer.' },
  });
  const errors = new Counter({
    ...{ registers, name: 'cardinal_errors_total', labelNames: ['kind'] as const },
    help: 'Requests that failed, by the code of their error.',
  });
  const stages = new Histogram({
    ...{ registers, name: 'cardinal_stage_seconds', labelNames: ['model', 'stage'] as const },
    buckets: secondBuckets,
    help: 'Time that a picture took to be decoded (decode), waited (wait) and was computed (compute).',
  });
  const batches = new Histogram({
    ...{ registers, name: 'cardinal_picture_batch_size', labelNames: ['model'] as const },
    ...{
      buckets: batchBuckets,
      help: 'Pictures, by how many were computed together with each, itself included.',
    },
  });
  const reloads = new Counter({
    ...{ registers, name: 'cardinal_reloads_total', labelNames: ['model', 'outcome'] as const },
    help: 'Reloads of weights: loaded, unchanged, or failed, where the old ones stay in service.',
  });
  const revivals = new Counter({
    ...{ registers, name: 'cardinal_engine_revivals_total', labelNames: ['model'] as const },
    help: 'How often what computes was lost and made again.',
  });
  const queued = new Gauge({
    ...{
      registers,
      name: 'cardinal_queue_pictures',
      help: 'Pictures that were accepted and are not answered.',
    },
  });
  const held = new Gauge({
    ...{ registers, name: 'cardinal_queue_bytes', help: 'Bytes that accepted pictures hold.' },
  });
  new Gauge({
    ...{ registers, name: 'cardinal_model_waiting', labelNames: ['model'] as const },
    help: 'Calls of a model that wait to be decoded or computed.',
    collect() {
      for (const name of models.names) this.set({ model: name }, models.find(name).classifier.waiting);
    },
  });
  new Gauge({
    ...{ registers, name: 'cardinal_model_info', labelNames: ['model', 'version', 'architecture'] as const },
    ...{ aggregator: 'max', help: 'Models in service: always 1.' },
    collect() {
      // Versions that are out of service are not kept.
      this.reset();
      for (const name of models.names) {
        const { version, about } = models.find(name);
        this.set({ model: name, version, architecture: about.architecture }, 1);
      }
    },
  });
  new Gauge({
    ...{ registers, name: 'cardinal_ready', help: 'Whether every model would answer: 1 or 0.' },
    aggregator: 'min',
    collect() {
      this.set(models.ready ? 1 : 0);
    },
  });

  // What never happened is 0, not absent: rates begin with the first.
  for (const model of models.names) {
    for (const outcome of outcomes) reloads.inc({ model, outcome }, 0);
    revivals.inc({ model }, 0);
  }

  const stop = models.listen((event) => {
    const model = event.model.name;
    const outcome = outcomeOf(event);
    if (outcome !== undefined) reloads.inc({ model, outcome });
    if (event.type === 'revived') revivals.inc({ model });
  });

  const all = (): Registry => Registry.merge([registry, processMetrics()]);
  let text = (): Promise<string> => all().metrics();

  return {
    request: (given, status, seconds) => {
      const labels = { route: route(given) };
      requests.inc({ ...labels, status: String(status) });
      requestSeconds.observe(labels, seconds);
    },
    error: (given) => {
      errors.inc({ kind: kind(given) });
    },
    stage: (model, { decode, wait, compute, batch }) => {
      for (const [stage, milliseconds] of Object.entries({ decode, wait, compute })) {
        stages.observe({ model, stage }, milliseconds / 1000);
      }
      batches.observe({ model }, batch);
    },
    queue: (pictures, bytes) => {
      queued.set(pictures);
      held.set(bytes);
    },
    render: async () => ({ contentType: registry.contentType, text: await text() }),
    renderBy: (other) => {
      text = other;
    },
    samples: () => all().getMetricsAsJSON(),
    close: stop,
  };
}

function outcomeOf(event: ModelEvent): Outcome | undefined {
  if (event.type === 'unchanged') return 'unchanged';
  if (event.type === 'kept') return 'failed';
  return event.type === 'loaded' && event.previous !== undefined ? 'loaded' : undefined;
}
