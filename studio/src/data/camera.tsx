import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

/** The camera, and a button that takes a picture of what it sees. Its light goes out when this is gone. */
export function Camera({ onPicture }: { readonly onPicture: (file: File) => void }): JSX.Element {
  const video = useRef<HTMLVideoElement>(null);
  const error = useSignal<string | undefined>(undefined);
  const taken = useSignal(0);
  useEffect(() => {
    let gone = false;
    let stream: MediaStream | undefined;
    const stop = (): void => {
      for (const track of stream?.getTracks() ?? []) track.stop();
    };
    openCamera()
      .then((opened) => {
        stream = opened;
        if (gone) stop();
        else if (video.current !== null) video.current.srcObject = opened;
      })
      .catch((thrown: unknown) => {
        error.value = reasonOf(thrown);
      });
    return () => {
      gone = true;
      stop();
    };
  }, []);
  const take = async (): Promise<void> => {
    if (video.current === null) return;
    const { videoWidth: width, videoHeight: height } = video.current;
    if (width === 0) return;
    const canvas = new OffscreenCanvas(width, height);
    canvas.getContext('2d')?.drawImage(video.current, 0, 0);
    const blob = await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.92 });
    taken.value++;
    onPicture(new File([blob], `camera ${taken.value}.jpg`, { type: blob.type }));
  };
  if (error.value !== undefined) return <p role="alert">{error.value}</p>;
  return (
    <div class="camera">
      <video ref={video} autoplay muted playsInline aria-label="What the camera sees" />
      <button type="button" class="main" onClick={() => void take()}>
        Take a picture
      </button>
    </div>
  );
}

async function openCamera(): Promise<MediaStream> {
  // Left out where a page is neither secure nor on loopback, whatever the types say.
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  if (devices === undefined) throw new DOMException('', 'NotSupportedError');
  return devices.getUserMedia({ video: { facingMode: 'environment' } });
}

function reasonOf(error: unknown): string {
  switch (error instanceof DOMException ? error.name : '') {
    case 'NotAllowedError':
      return 'The browser does not give the camera to this page: allow it in the address bar, then open the camera again.';
    case 'NotFoundError':
      return 'There is no camera: choose or drop pictures.';
    case 'NotReadableError':
      return 'Another program uses the camera: end it, then open the camera again.';
    case 'NotSupportedError':
      return 'Browsers give a camera to pages on https or loopback only: choose or drop pictures.';
    default:
      return `The camera did not open: ${error instanceof Error ? error.message : String(error)}`;
  }
}
