const name = 'cardinal-studio-token';

/** By which tabs of one studio tell each other its token. */
const tabs = new BroadcastChannel(name);

/**
 * The token of the studio that this tab was opened with. It is taken out of the address, where a copied link or a screenshot would show it,
 * and kept for as long as the tab is open; undefined if there is none.
 */
export function takeToken(): string | undefined {
  const url = new URL(location.href);
  const given = url.searchParams.get('token');
  if (given !== null) {
    tabs.postMessage(given);
    keepToken(given);
    url.searchParams.delete('token');
    history.replaceState(history.state, '', url);
  }
  return sessionStorage.getItem(name) ?? undefined;
}

/** Tells a token that another tab was opened with: a studio that was started anew has another one. Whether it is right, its use shows. */
export function onOtherToken(handler: (token: string) => void): void {
  tabs.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    if (typeof data === 'string') handler(data);
  });
}

export function keepToken(token: string): void {
  sessionStorage.setItem(name, token);
}
