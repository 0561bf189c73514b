// Tensors as pictures: 1-D lines and histograms, 2-D colour maps, 3-D grids of them.
import { histogram, lineChart } from './show-charts.ts';
import { colourAt, cssAt, INK, type ScaleName } from './show-colours.ts';
import { pngUri } from './show-png.ts';
import { label, number, picture, tag } from './show-tags.ts';

/** Elements with their shape, row-major; integers of 64 bits were made numbers. */
export interface Elements {
  readonly values: ArrayLike<number>;
  readonly shape: readonly number[];
}

/** How a tensor is drawn, where the choice by shape is not wanted. */
export interface PictureOptions {
  readonly as?: 'line' | 'histogram' | 'picture';
  readonly scale?: ScaleName;
  /** Names of rows and columns of a 2-D picture. */
  readonly rows?: readonly string[];
  readonly columns?: readonly string[];
}

const MAX_LINE = 4096;
const MAX_SIDE = 360;
const MAX_TILES = 40;

/** The picture of a tensor: 1-D a line (a histogram above 4096 elements), 2-D a colour map, 3-D a grid of up to 40. */
export function tensorPicture({ values, shape }: Elements, options: PictureOptions = {}): string {
  if (values.length === 0)
    return picture(200, 48, 'an empty tensor', label(`empty: ${shape.join(' × ')}`, 16, 28, { fill: INK.faint }));
  if (options.as === 'histogram' || (options.as === undefined && shape.length <= 1 && values.length > MAX_LINE))
    return histogram(values);
  if (shape.length <= 1 || options.as === 'line')
    return lineChart({
      series: [{ name: 'value', x: Array.from({ length: values.length }, (_, i) => i), y: Array.from(values) }],
      x: 'index',
      y: 'value',
    });
  const [height, width] = shape.slice(-2) as [number, number];
  const count = values.length / (height * width || 1);
  const range = rangeOf(values, options.scale);
  return count === 1
    ? colourMap({ values, width, height }, range, options)
    : tiles({ values, width, height }, count, range);
}

interface Plane {
  readonly values: ArrayLike<number>;
  readonly width: number;
  readonly height: number;
}

interface Range {
  readonly scale: ScaleName;
  readonly low: number;
  readonly high: number;
}

/** Signed values get a scale that is even around 0. */
function rangeOf(values: ArrayLike<number>, scale: ScaleName | undefined): Range {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) [low, high] = [0, 1];
  const chosen = scale ?? (low < 0 && high > 0 ? 'signed' : 'heat');
  const most = Math.max(Math.abs(low), Math.abs(high));
  return chosen === 'signed' ? { scale: chosen, low: -most, high: most } : { scale: chosen, low, high };
}

function colourMap(plane: Plane, range: Range, { rows, columns }: PictureOptions): string {
  const { width, height } = plane;
  const cell = Math.max(0.02, Math.min(48, MAX_SIDE / Math.max(width, height)));
  const [left, top] = [
    rows === undefined ? 16 : 24 + 6.6 * Math.max(...rows.map((name) => name.length)),
    columns === undefined ? 16 : 34,
  ];
  const [right, bottom] = [left + width * cell, top + height * cell];
  const written = [
    ...(rows ?? []).map((name, i) => label(name, left - 8, top + (i + 0.5) * cell + 4, { 'text-anchor': 'end' })),
    ...(columns ?? []).map((name, i) => label(name, left + (i + 0.5) * cell, top - 10, { 'text-anchor': 'middle' })),
  ];
  const numbers = rows !== undefined && cell >= 34 ? cellNumbers(plane, range, left, top, cell) : [];
  return picture(
    right + 96,
    Math.max(bottom + 28, top + 110),
    `${height} × ${width} colour map, ${number(range.low)} to ${number(range.high)}`,
    image(plane, range, left, top, width * cell, height * cell),
    ...written,
    ...numbers,
    bar(range, right + 20, top, Math.max(90, Math.min(200, bottom - top))),
    label(`${height} × ${width}`, left, bottom + 18, { fill: INK.faint }),
  );
}

function cellNumbers(
  { values, width, height }: Plane,
  { scale, low, high }: Range,
  left: number,
  top: number,
  cell: number,
): string[] {
  return Array.from({ length: width * height }, (_, i) => {
    const value = values[i]!;
    const [r, g, b] = colourAt(scale, (value - low) / (high - low || 1));
    const text = Math.abs(value) < 1 && value !== 0 ? value.toFixed(2) : number(value);
    return label(text, left + ((i % width) + 0.5) * cell, top + (Math.floor(i / width) + 0.5) * cell + 4, {
      'text-anchor': 'middle',
      'font-size': 11,
      fill: 0.3 * r + 0.6 * g + 0.1 * b > 140 ? INK.text : INK.paper,
    });
  });
}

function tiles(plane: Plane, count: number, range: Range): string {
  const { width, height } = plane;
  const shown = Math.min(count, MAX_TILES);
  const across = Math.min(10, shown);
  const cell = Math.min(56, 560 / across) / Math.max(width, height);
  const [stepX, stepY] = [width * cell + 6, height * cell + 6];
  const bottom = 16 + Math.ceil(shown / across) * stepY;
  const images = Array.from({ length: shown }, (_, i) =>
    image(
      {
        ...plane,
        values: Array.prototype.slice.call(plane.values, i * width * height, (i + 1) * width * height) as number[],
      },
      range,
      16 + (i % across) * stepX,
      16 + Math.floor(i / across) * stepY,
      width * cell,
      height * cell,
    ),
  );
  return picture(
    across * stepX + 26,
    bottom + 26,
    `${shown} of ${count} pictures of ${height} × ${width}`,
    ...images,
    label(
      `${count} × ${height} × ${width}${shown < count ? `, the first ${shown}` : ''} · ${number(range.low)} to ` +
        `${number(range.high)}`,
      16,
      bottom + 12,
      { fill: INK.faint },
    ),
  );
}

function image(plane: Plane, { scale, low, high }: Range, x: number, y: number, w: number, h: number): string {
  const { values, width, height } = thinned(plane, 1.5 * Math.max(w, h));
  const rgb = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) rgb.set(colourAt(scale, (values[i]! - low) / (high - low || 1)), i * 3);
  return tag('image', {
    x,
    y,
    width: w,
    height: h,
    style: 'image-rendering:pixelated',
    preserveAspectRatio: 'none',
    href: pngUri({ width, height, rgb }),
  });
}

/** Every n-th row and column of a plane that has more elements than the page has pixels for. */
function thinned({ values, width, height }: Plane, most: number): Plane {
  const step = Math.ceil(Math.max(width, height) / most);
  if (step <= 1) return { values, width, height };
  const [w, h] = [Math.ceil(width / step), Math.ceil(height / step)];
  return {
    values: Array.from({ length: w * h }, (_, i) => values[Math.floor(i / w) * step * width + (i % w) * step]!),
    width: w,
    height: h,
  };
}

/** The scale beside a colour map, highest on top. */
function bar({ scale, low, high }: Range, x: number, y: number, height: number): string {
  const steps = Array.from({ length: 32 }, (_, i) =>
    tag('rect', {
      x,
      y: y + (i * height) / 32,
      width: 12,
      height: height / 32 + 0.4,
      fill: cssAt(scale, 1 - (i + 0.5) / 32),
    }),
  );
  const marks = [high, (low + high) / 2, low].map((value, i) =>
    label(number(value), x + 18, y + (i * height) / 2 + [9, 4, 0][i]!, { fill: INK.faint, 'font-size': 11 }),
  );
  return [...steps, ...marks].join('');
}
