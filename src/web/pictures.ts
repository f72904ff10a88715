/** The script that decodes pictures which no browser does to the same bytes: engines and their decoders load it at the first one. */
export { decodeOwn } from '../data/formats/own.ts';
export { decodePng } from '../data/formats/png.ts';
