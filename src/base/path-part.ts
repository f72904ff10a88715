/**
 * Whether a text is one part of a path on every file system: no way up, no drive, no separator or device of another system, nothing
 * that another system would leave out.
 */
export function isPathPart(text: string): boolean {
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (text === '' || /[\\/<>:"|?*\u0000-\u001f\u007f]|[. ]$/.test(text)) return false;
  return !/^(?:con|prn|aux|nul|(?:com|lpt)[0-9¹²³])(?:\.|$)/i.test(text);
}
