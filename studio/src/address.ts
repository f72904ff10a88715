import { signal } from '@preact/signals';

/** Where the visitor is: the address behind `#/`, such as `network/resnext50_32x4d`, in its parts. */
export const address = signal(parts());

window.addEventListener('hashchange', () => {
  address.value = parts();
});

function parts(): readonly string[] {
  return location.hash
    .replace(/^#\/?/, '')
    .split('/')
    .filter((part) => part !== '')
    .map(decoded);
}

/** An address that somebody typed may have a percent sign that stands for nothing. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The address of parts, for links. */
export function hrefOf(...parts: readonly string[]): string {
  return `#/${parts.map(encodeURIComponent).join('/')}`;
}
