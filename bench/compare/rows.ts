import { csvOf } from './csv.ts';
import { bytesOf, describeLayer, flopOf, type Layer, type Pass } from './layer.ts';
import { attainable, type Kind, type Roofs } from './roofs.ts';
import type { Measured } from './rounds.ts';
import { medianOf } from './statistics.ts';
import { partsOf, type LayerWork, type Work } from './work.ts';

interface Times {
  readonly contender: string;
  readonly version: string;
  readonly rounds: number;
  /** Milliseconds. */
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** One contender's times of a work. */
export interface WorkRow extends Times {
  readonly work: Work;
  readonly peakBytes?: number | undefined;
  /** Where they are not as many as everyone's. */
  readonly threads?: number | undefined;
}

/** One contender's times of one pass of one layer. */
export interface ShapeRow extends Times {
  readonly work: LayerWork;
  readonly layer: Layer;
  readonly pass: Pass;
  readonly kind: Kind;
  /** The least milliseconds that the machine would need; undefined if its peak is not known. */
  readonly roof: number | undefined;
}

function timesOf({ name, version }: Measured, rounds: readonly number[]): Times {
  const [least, most] = [Math.min(...rounds), Math.max(...rounds)];
  return { contender: name, version, rounds: rounds.length, median: medianOf(rounds), least, most };
}

export function workRows(work: Work, measured: readonly Measured[]): WorkRow[] {
  return measured.map((one) => {
    const { peakBytes, threads } = one;
    return { work, ...timesOf(one, one.rounds), peakBytes, threads };
  });
}

export function shapeRows(work: LayerWork, measured: readonly Measured[], roofs: Roofs): ShapeRow[] {
  return measured.flatMap((one) =>
    partsOf(work).map(({ layer, pass }, part): ShapeRow => {
      const kind = one.name === 'Cardinal' ? 'wasm' : 'native';
      const roof = attainable(layer, pass, roofs, kind);
      return { work, layer, pass, kind, roof, ...timesOf(one, one.parts[part]) };
    }),
  );
}

const timeColumns = {
  rounds: ({ rounds }: Times) => rounds,
  median_ms: ({ median }: Times) => median.toFixed(3),
  least_ms: ({ least }: Times) => least.toFixed(3),
  most_ms: ({ most }: Times) => most.toFixed(3),
};

export function workCsv(rows: readonly WorkRow[], threads: number): string {
  return csvOf(rows, {
    work: ({ work }) => work.id,
    contender: ({ contender }) => contender,
    version: ({ version }) => version,
    threads: (row) => row.threads ?? threads,
    ...timeColumns,
    peak_mib: ({ peakBytes }) => (peakBytes === undefined ? undefined : (peakBytes / 2 ** 20).toFixed(0)),
  });
}

export function shapeCsv(rows: readonly ShapeRow[], threads: number): string {
  return csvOf(rows, {
    work: ({ work }) => work.id,
    layer: ({ layer }) => layer.name,
    times: ({ layer }) => layer.times,
    shape: ({ layer }) => describeLayer(layer),
    batch: ({ layer }) => layer.batch,
    pass: ({ pass }) => pass,
    contender: ({ contender }) => contender,
    version: ({ version }) => version,
    threads: () => threads,
    ...timeColumns,
    gflop: ({ layer }) => (flopOf(layer) / 1e9).toFixed(3),
    mb: ({ layer, pass }) => (bytesOf(layer, pass) / 1e6).toFixed(1),
    gflops: ({ layer, median }) => (flopOf(layer) / median / 1e6).toFixed(1),
    roof_ms: ({ roof }) => roof?.toFixed(3),
    share_of_roof: ({ roof, median }) => (roof === undefined ? undefined : (roof / median).toFixed(3)),
  });
}

export function roofsCsv({ threads, wasm, native, bandwidth }: Roofs): string {
  const rows = [
    { quantity: 'multiply-adds in WebAssembly', bytes: undefined, value: wasm, unit: 'GFLOP/s' },
    ...(native === undefined
      ? []
      : [{ quantity: 'native matmul', bytes: undefined, value: native, unit: 'GFLOP/s' }]),
    ...bandwidth.map(({ bytes, gbs }) => ({ quantity: 'bandwidth', bytes, value: gbs, unit: 'GB/s' })),
  ];
  return csvOf(rows, {
    quantity: ({ quantity }) => quantity,
    mib: ({ bytes }) => (bytes === undefined ? undefined : Math.round(bytes / 2 ** 20)),
    threads: () => threads,
    value: ({ value }) => value.toFixed(1),
    unit: ({ unit }) => unit,
  });
}
