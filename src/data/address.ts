/** Whether data is named by where it is on the web, or on the hub, rather than by a path. */
export function isAddress(data: string): boolean {
  return isWebAddress(data) || data.startsWith(datasetPrefix);
}

/** Whether a text begins as an address of the web does. */
export function isWebAddress(data: string): boolean {
  return /^https?:\/\//i.test(data);
}

/** How data on the Hugging Face hub is named: `hf:datasets/owner/name`. */
export const datasetPrefix = 'hf:datasets/';
