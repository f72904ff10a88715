/** Numbers for people. Everything is English and the same on every machine. */

const grouped = new Intl.NumberFormat('en-US');

/** 25,028,904 */
export function count(value: number): string {
  return grouped.format(value);
}

/** A share in [0, 1] as 92.41 %. */
export function percent(share: number, digits = 2): string {
  return Number.isFinite(share) ? `${(100 * share).toFixed(digits)} %` : '–';
}

/** 4.23 G, 70.1 k: three significant digits and a decimal prefix. */
export function short(value: number): string {
  const prefixes = [
    [1e12, ' T'],
    [1e9, ' G'],
    [1e6, ' M'],
    [1e3, ' k'],
  ] as const;
  for (const [unit, prefix] of prefixes) {
    if (Math.abs(value) >= unit * 0.9995) return `${digits3(value / unit)}${prefix}`;
  }
  return digits3(value);
}

/** 23.9 MiB, 1.20 GiB: binary, as memory is counted. */
export function bytes(value: number): string {
  if (value < 1024) return `${value} B`;
  const units = ['KiB', 'MiB', 'GiB', 'TiB'];
  let scaled = value / 1024;
  let unit = 0;
  while (scaled >= 999.5 && unit < units.length - 1) {
    scaled /= 1024;
    unit++;
  }
  return `${digits3(scaled)} ${units[unit]}`;
}

/** 9.4 s, 2 min 05 s, 3 h 12 min, 14 days. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return '–';
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const hours = Math.floor(whole / 3600);
  if (hours >= 72) return `${count(Math.round(hours / 24))} days`;
  const minutes = Math.floor((whole % 3600) / 60);
  const two = (value: number): string => String(value).padStart(2, '0');
  return hours > 0 ? `${hours} h ${two(minutes)} min` : `${minutes} min ${two(whole % 60)} s`;
}

/** Three significant digits without an exponent for everyday numbers: 0.00123, 1.20, 45.1, 871. */
export function digits3(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 99.95) return grouped.format(Math.round(value));
  if (size < 1e-4) return value.toExponential(2);
  return value.toPrecision(3);
}
