/** The studio's own pictures. */
export const bundledId = 'data:bundled';

/** What stands before the name of pictures that a visitor made. */
export const keptPrefix = 'data:kept/';

/** What pages call pictures of files, as the studio's own are: a run of these says so, and no others may be called so. */
export const ofFiles = 'pictures';
