// Amounts for people: seconds, floating-point operations.

/** Seconds for people: three digits, milliseconds below a tenth. */
export function formatSeconds(seconds: number): string {
  if (!Number.isFinite(seconds)) return '–';
  if (seconds < 0.0995) return `${(seconds * 1000).toPrecision(2)} ms`;
  return seconds < 99.95
    ? `${seconds.toFixed(seconds < 0.995 ? 2 : 1)} s`
    : `${Math.round(seconds).toLocaleString('en')} s`;
}

/** The unit for floating-point operations in which `most` is at least 1. */
export function flopUnit(most: number): { readonly name: string; readonly size: number } {
  return most >= 1e12
    ? { name: 'TFLOP', size: 1e12 }
    : most >= 1e9
      ? { name: 'GFLOP', size: 1e9 }
      : { name: 'MFLOP', size: 1e6 };
}

/** A count in a unit: three digits. */
export function formatCount(value: number, size: number): string {
  const count = value / size;
  return count === 0 ? '0' : count < 0.005 ? '<0.01' : count.toFixed(count < 9.995 ? 2 : count < 99.95 ? 1 : 0);
}
