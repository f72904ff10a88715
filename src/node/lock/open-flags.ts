import { constants } from 'node:fs';

// Windows has neither.
const { O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants as Partial<typeof constants>;

/** How lock files are opened: follows no link and waits for nothing, whatever lies there. */
export const neverFollow = O_NOFOLLOW | O_NONBLOCK;
