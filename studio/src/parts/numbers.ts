/** Numbers for people: English, the same on every machine. */
const grouped = new Intl.NumberFormat('en-US');

/** 25,028,904 */
export function count(value: number): string {
  return grouped.format(value);
}

/** 4.23 G, 70.1 k: three significant digits and a decimal prefix. */
export function short(value: number): string {
  const prefixes = [
    [1e9, ' G'],
    [1e6, ' M'],
    [1e3, ' k'],
  ] as const;
  for (const [unit, prefix] of prefixes) {
    if (Math.abs(value) >= unit * 0.9995) return `${digits3(value / unit)}${prefix}`;
  }
  return digits3(value);
}

/** 23.9 MiB: binary, as memory is counted. */
export function bytes(value: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  let scaled = value;
  let unit = 0;
  while (scaled >= 999.5 && unit < units.length - 1) {
    scaled /= 1024;
    unit++;
  }
  return `${unit === 0 ? grouped.format(scaled) : digits3(scaled)} ${units[unit] ?? ''}`;
}

/** A share in [0, 1] as 92.4 %. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** A difference as a share: +2.6 %, −0.4 %, ±0 %. */
export function signed(share: number): string {
  const text = Math.abs(100 * share).toFixed(1);
  if (text === '0.0') return '±0 %';
  return `${share > 0 ? '+' : '−'}${text} %`;
}

/** 256×56×56, without the batch. */
export function shapeText(shape: readonly number[]): string {
  return shape.slice(1).join('×');
}

function digits3(value: number): string {
  if (value === 0) return '0';
  if (Number.isInteger(value) && Math.abs(value) < 1000) return String(value);
  return Math.abs(value) >= 99.95 ? grouped.format(Math.round(value)) : value.toPrecision(3);
}
