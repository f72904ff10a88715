import cluster from 'node:cluster';
import { connect } from '../../../base/channel/connect.ts';
import { serve } from '../../../base/channel/serve.ts';
import { portOfMember } from './ports.ts';
import type { Ending, Member } from './processes.ts';
import type { FirstService, MemberService } from './talk.ts';

/** What a member may ask for whenever it wants. */
export interface ForMembers {
  /** The metrics of all processes. */
  readonly metrics: () => Promise<string>;
}

/** Starts processes that do the same command as this one, which node:cluster tells from it; they share its ports. */
export function memberStarter({ metrics }: ForMembers): () => Member {
  cluster.setupPrimary({ serialization: 'advanced' });
  return () => {
    const worker = cluster.fork();
    const port = portOfMember(worker);
    const channel = connect<MemberService>(port);
    const serving = Promise.withResolvers<readonly string[] | undefined>();
    const ended = Promise.withResolvers<Ending>();
    serve<FirstService>(port, {
      serving: ([lines]) => {
        serving.resolve(lines);
      },
      metrics,
    });
    worker.on('error', () => undefined);
    worker.on('exit', (code: number | null, signal: string | null) => {
      serving.resolve(undefined);
      ended.resolve({ code, signal });
    });
    return {
      pid: worker.process.pid ?? 0,
      serving: serving.promise,
      ended: ended.promise,
      reload: () => channel.call('reload', []),
      samples: () => channel.call('samples', []),
      stop: (signal) => {
        channel.call('stop', [signal]).catch(() => undefined);
      },
      kill: () => {
        worker.process.kill('SIGKILL');
      },
    };
  };
}
