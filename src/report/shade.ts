/** How strongly a share of a row is shaded: by its square root, so that rare mix-ups can be seen. */
export function shade(share: number): number {
  return Math.max(0.06, Math.sqrt(share));
}
