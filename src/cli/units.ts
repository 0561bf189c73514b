// Sizes and times as people read them.

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'] as const;

/** Bytes in a unit that reads well. */
export function bytes(count: number): string {
  const power = count < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(count) / 3));
  return `${power === 0 ? count : (count / 1000 ** power).toPrecision(3)} ${UNITS[power]}`;
}

/** Nanoseconds in a unit that reads well. */
export function time(ns: number): string {
  if (ns >= 1e9) return `${(ns / 1e9).toPrecision(3)} s`;
  return ns >= 1e6 ? `${(ns / 1e6).toPrecision(3)} ms` : `${(ns / 1e3).toPrecision(3)} µs`;
}
