import cluster from 'node:cluster';
import { UsageError } from '../../base/errors.ts';
import { tell } from '../output/print.ts';
import { warningOf } from './announce.ts';
import { checkFree } from './listen.ts';
import { keyOf, sourcesOf, type ServeFlags } from './settings.ts';
import { tlsOf } from './tls.ts';

/** `cardinal serve`: answers requests until a signal ends it. */
export async function serve(weights: readonly string[], flags: ServeFlags): Promise<void> {
  const key = keyOf(process.env);
  const tls = await tlsOf(flags);
  const settings = { flags, key, tls, sources: await sourcesOf(weights, flags) };
  if (cluster.isWorker) {
    const { serveAsMember } = await import('./processes/as-member.ts');
    await serveAsMember(settings);
    return;
  }
  await checkPorts(flags);
  const warning = warningOf({ host: flags.host, hasKey: key !== undefined });
  if (warning !== undefined) tell(warning);
  if (flags.processes === 1) {
    const { serveAlone } = await import('./alone.ts');
    await serveAlone(settings);
  } else {
    const { serveInProcesses } = await import('./processes/first.ts');
    await serveInProcesses(settings);
  }
}

async function checkPorts({ host, port, grpcPort }: ServeFlags): Promise<void> {
  if (port === grpcPort && port !== 0) {
    throw new UsageError(`--port and --grpc-port: expected ports that differ, got ${port} twice`);
  }
  await checkFree({ host, port, flag: '--port' });
  if (grpcPort !== undefined) await checkFree({ host, port: grpcPort, flag: '--grpc-port' });
}
