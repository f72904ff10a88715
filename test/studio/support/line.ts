import { connect } from '../../../src/base/channel/connect.ts';
import { serve } from '../../../src/base/channel/serve.ts';
import type { Channel } from '../../../src/base/channel/service.ts';
import { studioHandlers } from '../../../src/studio/handlers.ts';
import { portOfLine, type MessageLine } from '../../../src/studio/line.ts';
import type { StudioPlatform } from '../../../src/studio/platform.ts';
import type { StudioService } from '../../../src/studio/service.ts';

/** Asks a platform as a page does, by messages in bytes, without a WebSocket between. */
export function asking(platform: StudioPlatform): Channel<StudioService> {
  const [here, there] = lines();
  serve(portOfLine(there), studioHandlers(platform));
  return connect<StudioService>(portOfLine(here));
}

function lines(): readonly [MessageLine, MessageLine] {
  const handlers: ((bytes: Uint8Array) => void)[] = [];
  const end = (own: number): MessageLine => ({
    send: (bytes) => {
      queueMicrotask(() => {
        handlers[1 - own](bytes);
      });
    },
    onMessage: (handler) => {
      handlers[own] = handler;
    },
    onEnd: () => undefined,
    close: () => undefined,
  });
  return [end(0), end(1)];
}
