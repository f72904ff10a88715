import { once } from 'node:events';
import { Agent } from 'node:http';
import type { Worker } from 'node:worker_threads';
import { expect } from 'vitest';

import { Rng } from '../../../src/base/rng.ts';
import { contextOf, createServer } from '../../../src/serve/create-server.ts';
import { startGrpc } from '../../../src/serve/grpc/start.ts';
import { ServedModels } from '../../../src/serve/models/served-models.ts';
import { seed } from '../../support/seed.ts';
import type { Act, Arena } from './chaos-acts.ts';
import { connection, exchange, parsed, requestOf, untilClosed } from './chaos-client.ts';
import type { Mortals } from './chaos-holdings.ts';
import { limits, type World } from './chaos-world.ts';
import { portOf } from './client.ts';
import { grpcClient } from './grpc-client.ts';

export interface OrdealOptions {
  readonly acts: readonly Act[];
  /** Is told of what the server has for a while. */
  readonly mortals: Mortals;
  /** Threads by name, killed one after the other, at equal distances. */
  readonly kills: readonly string[];
}

/** Clients at a time. */
const clients = 24;

/** Has all acts done to a new server, many at a time, and closes it among requests. Gives what was not as it should be. */
export async function ordeal(world: World, options: OrdealOptions): Promise<readonly string[]> {
  const { mortals } = options;
  const threads = new Set<Worker>();
  const note = (worker: Worker): void => {
    mortals.note('thread', worker);
    threads.add(worker);
    worker.once('exit', () => threads.delete(worker));
  };
  process.on('worker', note);
  const versions: string[] = [];
  world.replace('the other');
  const models = await ServedModels.load([world.source], {
    threads: 1,
    blas: false,
    onEvent: ({ type, model }) => {
      mortals.note('model', model);
      mortals.note('classifier', model.classifier);
      if (type === 'loaded') versions.push(model.version);
    },
  });
  const server = await createServer({ models, ...limits });
  const { calls, life } = contextOf(server);
  mortals.note('server', server);
  mortals.note('models', models);
  server.server.on('connection', (socket) => {
    mortals.note('socket', socket);
  });
  server.server.on('request', (request, response) => {
    mortals.note('request', request);
    mortals.note('response', response);
  });
  const open = calls.open.bind(calls);
  calls.open = (options) => {
    const call = open(options);
    mortals.note('call', call);
    mortals.note('signal', call.signal);
    return call;
  };
  await server.listen({ port: 0, host: '127.0.0.1' });
  const rpc = await startGrpc(server, { port: 0 });
  let turn: Promise<unknown> = Promise.resolve();
  const arena: Arena = {
    ...{ world, models, versions, threads },
    port: portOf(server),
    grpcPort: rpc.port,
    agent: new Agent({ keepAlive: true }),
    grpc: grpcClient(rpc.port),
    inTurn: (work) => {
      const next = turn.then(work);
      turn = next.catch(() => undefined);
      return next;
    },
  };
  const failures = await all(arena, options);
  // Those whose clients have hung up are finished.
  await calls.empty();
  const metrics = await exchange(arena, { method: 'GET', path: '/metrics' });
  expect(metrics.body.toString()).toMatch(/^cardinal_queue_pictures 0$/m);
  expect(metrics.body.toString()).toMatch(/^cardinal_queue_bytes 0$/m);
  expect(metrics.body.toString()).toMatch(/^cardinal_model_waiting\{model="trees"\} 0$/m);

  // Half of them are accepted before the end begins, and send their bodies after it has begun.
  const [{ bytes, type, answers }] = world.good;
  const head = requestOf('/classify?topK=5', { 'content-type': type, 'content-length': bytes.length });
  const sockets = await Promise.all(Array.from({ length: 10 }, () => connection(arena.port)));
  const answered = sockets.map(untilClosed);
  const [accepted, late] = [sockets.slice(0, 5), sockets.slice(5)];
  for (const socket of accepted) {
    socket.write(`${head.trimEnd()}\r\nexpect: 100-continue\r\n\r\n`);
    await once(socket, 'data');
  }
  const closed = server.close();
  while (!life.draining) await new Promise((resolve) => setImmediate(resolve));
  for (const socket of late) socket.write(Buffer.concat([Buffer.from(head), bytes]));
  const refusals = (await Promise.all(answered.slice(5))).map(parsed);
  expect(refusals.map(({ status }) => status)).toEqual(refusals.map(() => 503));
  for (const socket of accepted) socket.write(bytes);
  const version = versions.at(-1) ?? '';
  const expected = JSON.stringify({
    predictions: answers.get(version)?.predictions,
    model: 'trees',
    version,
  });
  for (const answer of await Promise.all(answered.slice(0, 5))) {
    expect(parsed(answer.subarray('HTTP/1.1 100 Continue\r\n\r\n'.length)).body.toString()).toBe(expected);
  }
  await closed;
  arena.agent.destroy();
  arena.grpc.close();
  await rpc.close();
  await models.close({ drain: true });
  process.off('worker', note);
  expect(threads.size).toBe(0);
  return failures;
}

async function all(arena: Arena, { acts, kills }: OrdealOptions): Promise<readonly string[]> {
  const listed = acts.flatMap((act) => Array.from({ length: act.count }, (_, index) => ({ act, index })));
  const order = Rng.of(seed, 'order').permutation(listed.length);
  const todo = Array.from(order, (at) => listed[at]);
  const failures: string[] = [];
  const distance = Math.floor(listed.length / (kills.length + 1));
  let [done, refused, killed] = [0, 0, 0];
  const client = async (): Promise<void> => {
    for (let next = todo.shift(); next !== undefined; next = todo.shift()) {
      const { act, index } = next;
      try {
        if ((await act.run(arena, Rng.of(seed, act.name, index))) === 'refused') {
          // Each is refused now and then, and none for ever.
          if (++refused > 20 * listed.length) throw new Error('there is never any place');
          todo.push(next);
          continue;
        }
      } catch (error) {
        failures.push(`${act.name}, number ${index}: ${inFull(error)}`);
      }
      if (++done % distance === 0 && killed < kills.length) await kill(arena, kills[killed++]);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  expect([done, killed]).toEqual([listed.length, kills.length]);
  return failures;
}

/** Resolves when what replaced the thread has computed: a request may be lost with one thread, not with two. */
function kill({ threads, models, world, inTurn }: Arena, name: string): Promise<void> {
  return inTurn(async () => {
    const named = [...threads].filter(({ threadName }) => threadName === name);
    expect(named.length).toBeGreaterThan(0);
    await named[0].terminate();
    await models.use('trees', ({ classifier }) => classifier.classify(world.good[0].bytes));
  });
}

/** Chai shortens what it compares. */
function inFull(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { actual, expected } = error as { readonly actual?: unknown; readonly expected?: unknown };
  return [error.message, ...[actual, expected].filter((part) => typeof part === 'string')].join('\n  ');
}
