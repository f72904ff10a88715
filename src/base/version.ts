/**
 * Cardinal's version. It stands here and not in package.json alone, so that a bundle and a browser know it, too; a test holds the
 * two together.
 */
export const VERSION = '0.1.0';
