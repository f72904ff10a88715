import type { GroupsQuery, GroupTimes } from 'cardinal-nn/studio';

/** What more groups leave of the cost of one: shares of the first row's. */
export interface Share {
  readonly groups: number;
  readonly counted: number;
  readonly forward: number;
  readonly step: number;
}

type Grouped = GroupTimes & { readonly groups: number };

/** Without the 1×1 convolution, which has no groups. */
export function grouped(times: readonly GroupTimes[]): Grouped[] {
  return times.filter((row): row is Grouped => row.groups !== undefined);
}

export function sharesOf(times: readonly GroupTimes[]): Share[] {
  const [first, ...others] = grouped(times);
  return [first, ...others].map(({ groups, macs, forward, step }) => ({
    groups,
    counted: macs / first.macs,
    forward: forward / first.forward,
    step: step / first.step,
  }));
}

/** Multiply–accumulates a second; with both gradients three times as many are done. */
export function speedOf(
  times: GroupTimes,
  pass: 'forward' | 'step',
  { batch }: Pick<GroupsQuery, 'batch'>,
): number {
  return ((pass === 'step' ? 3 : 1) * batch * times.macs * 1000) / times[pass];
}

/** What a depthwise and a 1×1 convolution take together of an ordinary one; undefined where they were not timed. */
export function separable(
  times: readonly GroupTimes[],
): { readonly counted: number; readonly measured: number; readonly channels: number } | undefined {
  const all = grouped(times);
  const [first] = all;
  const depthwise = all.at(-1);
  const pointwise = times.find(({ groups }) => groups === undefined);
  if (depthwise === undefined || pointwise === undefined) return undefined;
  return {
    counted: (depthwise.macs + pointwise.macs) / first.macs,
    measured: (depthwise.forward + pointwise.forward) / first.forward,
    channels: depthwise.groups,
  };
}

/** Where count and clock part, in a sentence or two. */
export function wordsOf(query: GroupsQuery, times: readonly GroupTimes[]): string {
  const shares = sharesOf(times);
  const last = shares[shares.length - 1];
  const ratio = last.forward / last.counted;
  if (query.what === 'block') {
    const paper = shares.find(({ groups }) => groups === 32) ?? last;
    const slowest = shares.reduce((most, share) => (share.forward > most.forward ? share : most));
    return `All of these cost about the same when one counts. Measured, forward: the paper's 32×4d takes ${timesText(paper.forward)} the time of ResNet's block, the depthwise end ${timesText(last.forward)}, and the slowest, of ${slowest.groups} groups, ${timesText(slowest.forward)}. A count does not know how well a group's channels fill the processor's vectors, nor how many numbers pass through memory.`;
  }
  const where = shares.find(({ counted, forward }) => forward / counted > 2);
  const parting =
    where === undefined
      ? 'The clock follows the count all the way, within a factor of two.'
      : `They part at ${where.groups} groups, where the time is more than twice what is counted: the fewer channels a group has, the less is done with each number that is read, so memory and not arithmetic sets the pace.`;
  return `${last.groups} groups leave ${percent(last.counted)} of the work and ${percent(last.forward)} of the time, ${ratio.toFixed(ratio < 10 ? 1 : 0)} times what the count promises. ${parting}`;
}

function timesText(share: number): string {
  return `${share.toFixed(share < 10 ? 1 : 0)} times`;
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(2))} %`;
}

/** One row for each number of groups, for a spreadsheet. */
export function timesRows(query: GroupsQuery, times: readonly GroupTimes[]): (string | number)[][] {
  const { what, channels, size, batch } = query;
  return [
    ['what', 'channels', 'size', 'batch', 'groups', 'width', 'macs', 'forward_ms', 'with_gradients_ms'],
    ...times.map(({ groups, width, macs, forward, step }) => [
      ...[groups === undefined ? 'pointwise' : what, channels, size, batch],
      ...[groups ?? 1, width, macs, forward, step],
    ]),
  ];
}
