import { useSignal, useSignalEffect } from '@preact/signals';
import type { ComponentType, JSX } from 'preact';

/** A component that comes as a script of its own. */
export function Loaded({ load }: { readonly load: () => Promise<ComponentType> }): JSX.Element {
  const found = useSignal<{ readonly Component: ComponentType } | { readonly error: unknown } | undefined>(
    undefined,
  );
  useSignalEffect(() => {
    load()
      .then((Component) => {
        found.value = { Component };
      })
      .catch((error: unknown) => {
        found.value = { error };
      });
  });
  if (found.value === undefined) return <p aria-busy="true">Loading …</p>;
  if ('error' in found.value) {
    return <p role="alert">This room could not be loaded: {String(found.value.error)}. Reload the page.</p>;
  }
  return <found.value.Component />;
}
