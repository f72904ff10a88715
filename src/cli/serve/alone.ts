import { tell } from '../output/print.ts';
import { startService } from './service.ts';
import type { Settings } from './settings.ts';
import { untilStopped } from './until-stopped.ts';

/** Serves in this process. */
export async function serveAlone(settings: Settings): Promise<void> {
  const service = await startService(settings, { say: tell });
  tell(service.lines);
  await untilStopped(service, settings.flags);
}
