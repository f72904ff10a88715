/** Sends requests to a server by autocannon: `node bench/serving/load.ts LOAD` prints `loadedSchema` as a line of JSON. */
import { readFile } from 'node:fs/promises';
import { setTimeout as after } from 'node:timers/promises';
import { z } from 'zod/mini';
import { Count, type Autocannon, type Loaded } from './count.ts';

export const loadSchema = z.object({
  url: z.string(),
  pictures: z.array(z.string()),
  seconds: z.number(),
  /** Closed loop: so many clients, each of which asks again when it is answered. */
  clients: z.optional(z.int()),
  /** Open loop: requests a second, whether others are answered or not. */
  rate: z.optional(z.number()),
});
type Load = z.infer<typeof loadSchema>;

/** Seconds that a client waits for an answer. */
const patience = 10;
/** Seconds until a connection that may not send any more has ended. */
const slack = 2;
/**
 * autocannon sends what a connection may send in a second at the second's beginning. So many of it, one behind the other, come near to
 * an even stream.
 */
const phases = 20;
/** Of each phase: more than any server here accepts at a time, all together. */
const connectionsEach = 32;

if (import.meta.main) {
  const load = loadSchema.parse(JSON.parse(process.argv[2]));
  const name = 'autocannon';
  const { default: autocannon } = (await import(name)) as { default: Autocannon };
  const requests = await Promise.all(
    load.pictures.map(async (file) => ({
      method: 'POST',
      path: '/classify',
      headers: { 'content-type': 'image/jpeg' },
      body: await readFile(file),
    })),
  );
  const common = { url: load.url, requests, timeout: patience };
  const loaded = await (load.rate === undefined
    ? closed(autocannon, load, common)
    : open(autocannon, load, common));
  process.stdout.write(`${JSON.stringify(loaded)}\n`);
  process.exit();
}

async function closed(
  autocannon: Autocannon,
  { clients = 1, seconds }: Load,
  common: object,
): Promise<Loaded> {
  const count = new Count();
  await count.run(autocannon, { ...common, connections: clients, duration: seconds });
  return count.result({ openEnd: clients, first: clients });
}

async function open(autocannon: Autocannon, { rate = 1, seconds }: Load, common: object): Promise<Loaded> {
  const count = new Count();
  const overallRate = Math.max(1, Math.round(rate / phases));
  const connections = Math.min(connectionsEach, overallRate);
  // Without a number it would not wait for the last answers.
  const options = { ...common, connections, overallRate, amount: Number.MAX_SAFE_INTEGER };
  const end = setTimeout(() => {
    count.sendNoMore();
  }, 1000 * seconds);
  await Promise.all(
    Array.from({ length: phases }, async (_, phase) => {
      await after((1000 * phase) / phases);
      await count.run(autocannon, options, seconds + patience + slack);
    }),
  );
  clearTimeout(end);
  return count.result({ openEnd: 0, first: 0 });
}
