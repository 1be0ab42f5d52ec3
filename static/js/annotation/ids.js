/**
 * Makes a random UUID (version 4). `crypto.randomUUID` exists on secure addresses only; a site tried out over plain http
 * inside a hospital has the random numbers but not the function.
 * @param {Partial<Pick<Crypto, 'randomUUID' | 'getRandomValues'>>} [source]
 * @returns {string}
 */
export function newId(source = crypto) {
  if (typeof source.randomUUID === 'function') return source.randomUUID();
  const bytes = new Uint8Array(16);
  source.getRandomValues?.(bytes);
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
