/** A form of files, as fetch sends it. */
export async function form(
  parts: readonly (readonly [field: string, bytes: Uint8Array | string])[],
): Promise<{ headers: Record<string, string>; payload: Buffer }> {
  const data = new FormData();
  for (const [field, bytes] of parts) {
    if (typeof bytes === 'string') data.append(field, bytes);
    else data.append(field, new Blob([Uint8Array.from(bytes)]), 'a picture.png');
  }
  const response = new Response(data);
  return {
    headers: { 'content-type': String(response.headers.get('content-type')) },
    payload: Buffer.from(await response.arrayBuffer()),
  };
}
