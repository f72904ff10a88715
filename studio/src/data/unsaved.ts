import { effect } from '@preact/signals';
import { newClasses } from './state.ts';
import { uploading } from './upload.ts';

// Pictures that no data is made of yet are gone with the page: the browser asks before.
effect(() => {
  const isUnsaved = newClasses.value.some(({ pictures }) => pictures.length > 0) || uploading.value.of > 0;
  if (!isUnsaved) return undefined;
  const ask = (event: BeforeUnloadEvent): void => {
    event.preventDefault();
  };
  window.addEventListener('beforeunload', ask);
  return () => {
    window.removeEventListener('beforeunload', ask);
  };
});
