const name = 'cardinal-studio-token';

/**
 * The token of the studio that this tab was opened with. It is taken out of the address, where a copied link or a screenshot would show it,
 * and kept for as long as the tab is open; undefined if there is none.
 */
export function takeToken(): string | undefined {
  const url = new URL(location.href);
  const given = url.searchParams.get('token');
  if (given !== null) {
    sessionStorage.setItem(name, given);
    url.searchParams.delete('token');
    history.replaceState(history.state, '', url);
  }
  return sessionStorage.getItem(name) ?? undefined;
}
