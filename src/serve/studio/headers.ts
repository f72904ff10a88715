import { helmetHeaders } from '../safety/headers.ts';

/** Headers of every answer of the studio's server: what its page may load, all of it from there. The same for all, so they are made once. */
export const studioHeaders: Readonly<Record<string, string>> = {
  ...helmetHeaders({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'", "'wasm-unsafe-eval'"],
        // Observable Plot puts the rules of a chart into the chart.
        styleSrc: ["'self'", "'unsafe-inline'"],
        connectSrc: ["'self'", 'ws://localhost:*', 'ws://127.0.0.1:*'],
        imgSrc: ["'self'", 'blob:', 'data:'],
        mediaSrc: ["'self'", 'blob:'],
        workerSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    frameguard: { action: 'deny' },
    referrerPolicy: { policy: 'no-referrer' },
    strictTransportSecurity: false,
    // With the former, the page has threads.
    crossOriginOpenerPolicy: { policy: 'same-origin' },
    crossOriginEmbedderPolicy: { policy: 'require-corp' },
  }),
  'permissions-policy': 'camera=(self), microphone=(), geolocation=()',
};
