// A tensor in a terminal: at most 12 lines of block characters.
import type { Elements } from './show-pictures.ts';

const BARS = ' ▁▂▃▄▅▆▇█';
const SHADES = ' ░▒▓█';
const MAX_COLUMNS = 72;
const MAX_LINES = 12;

/** A 1-D tensor as one line of bars, the last two axes of a larger one as at most 12 lines of shades. */
export function sparkline({ values, shape }: Elements): string {
  const [height, width] = shape.length < 2 ? [1, values.length] : (shape.slice(-2) as [number, number]);
  const [lines, columns] = [Math.min(height, MAX_LINES), Math.min(width, MAX_COLUMNS)];
  const shown = Array.from(
    { length: lines * columns },
    (_, i) =>
      values[
        Math.floor((Math.floor(i / columns) * height) / lines) * width + Math.floor(((i % columns) * width) / columns)
      ]!,
  );
  const finite = shown.filter(Number.isFinite);
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  const steps = lines === 1 ? BARS : SHADES;
  const mark = (value: number): string =>
    Number.isFinite(value) ? steps[Math.round(((value - low) / (high - low || 1)) * (steps.length - 1))]! : '×';
  return Array.from({ length: lines }, (_, line) =>
    shown
      .slice(line * columns, (line + 1) * columns)
      .map(mark)
      .join(''),
  ).join('\n');
}
