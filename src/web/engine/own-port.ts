/** What a worker has of its global scope to talk to whoever started it. */
export interface OwnPort {
  addEventListener(
    type: 'message',
    listener: (event: { readonly data: unknown }) => void,
    options?: { readonly once?: boolean },
  ): void;
  postMessage(message: unknown, transfer?: readonly Transferable[]): void;
}
