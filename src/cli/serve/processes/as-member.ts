import { connect } from '../../../base/channel/connect.ts';
import { serve } from '../../../base/channel/serve.ts';
import { tell } from '../../output/print.ts';
import { isAskedToEnd } from '../../process/interrupt.ts';
import { startService, type Service } from '../service.ts';
import type { Settings } from '../settings.ts';
import { untilStopped } from '../until-stopped.ts';
import { portOfFirst } from './ports.ts';
import type { FirstService, MemberService } from './talk.ts';

/** Serves as one of several processes, which the first one keeps. */
export async function serveAsMember(settings: Settings): Promise<void> {
  const port = portOfFirst();
  const first = connect<FirstService>(port);
  const started = Promise.withResolvers<Service>();
  // Whoever waits for it hears of it; the process reports it.
  started.promise.catch(() => undefined);
  serve<MemberService>(port, {
    // As if it had come from the system: before there is anything to finish it ends the process at once. What came from there already,
    // to all processes of a terminal say, is the same wish.
    stop: ([signal]) => {
      if (!isAskedToEnd()) process.emit(signal, signal);
    },
    reload: async () => (await started.promise).reload(),
    samples: async () => (await started.promise).samples(),
  });
  try {
    const service = await startService(settings, {
      say: (line) => {
        tell(`process ${process.pid}: ${line}`);
      },
      metrics: () => first.call('metrics', []),
    });
    started.resolve(service);
    // Not waited for: from its first request on it finishes what it accepts.
    first.call('serving', [service.lines]).catch(() => undefined);
    // The first process tells what a signal does.
    await untilStopped(service, settings.flags, () => undefined);
  } catch (error) {
    started.reject(error);
    throw error;
  } finally {
    // It is what keeps a process of node:cluster; what has been sent still arrives.
    process.channel?.unref();
  }
}
