// Charts as SVG: lines over linear or logarithmic axes, histograms, bars.
import { INK, SERIES } from './show-colours.ts';
import { label, number, picture, tag } from './show-tags.ts';

/** One line of a chart; points that are not finite leave a gap. */
export interface Series {
  readonly name: string;
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/** A chart of lines. Axes have names with units. */
export interface LineChart {
  readonly series: readonly Series[];
  readonly x?: string;
  readonly y?: string;
  readonly scales?: { readonly x?: 'linear' | 'log'; readonly y?: 'linear' | 'log' };
}

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [640, 300, 64, 20, 20, 48];

/** Lines in one frame, with a legend where there are several. */
export function lineChart({ series, x = '', y = '', scales = {} }: LineChart): string {
  const across = axis(
    series.flatMap((line) => [...line.x]),
    scales.x ?? 'linear',
    LEFT,
    WIDTH - RIGHT,
  );
  const legend = series.length > 1 ? 22 : 0;
  const up = axis(
    series.flatMap((line) => [...line.y]),
    scales.y ?? 'linear',
    HEIGHT - BOTTOM,
    TOP + legend,
  );
  const lines = series.map((line, i) => polyline(line, across.place, up.place, SERIES[i % SERIES.length] as string));
  return picture(
    WIDTH,
    HEIGHT,
    `${y} over ${x}: ${series.map(({ name }) => name).join(', ')}`,
    frame(across, up, x, y),
    ...lines,
    ...(legend > 0 ? [names(series)] : []),
  );
}

/** How many values fall into each of up to 40 bins. */
export function histogram(values: ArrayLike<number>, x = 'value'): string {
  const finite = Array.from(values).filter(Number.isFinite);
  const [low, high] = extent(finite);
  const bins = Math.min(40, Math.max(5, Math.ceil(Math.sqrt(finite.length))));
  const counts = new Array<number>(bins).fill(0);
  for (const value of finite) counts[Math.min(bins - 1, Math.floor(((value - low) / (high - low || 1)) * bins))]! += 1;
  const across = axis([low, high], 'linear', LEFT, WIDTH - RIGHT);
  const up = axis([0, ...counts], 'linear', HEIGHT - BOTTOM, TOP);
  const step = (across.place(high) - across.place(low)) / bins;
  const boxes = counts.map((count, i) =>
    tag('rect', {
      x: across.place(low) + i * step + 0.5,
      y: up.place(count),
      width: Math.max(0.5, step - 1),
      height: up.place(0) - up.place(count),
      fill: SERIES[0],
    }),
  );
  return picture(
    WIDTH,
    HEIGHT,
    `histogram of ${finite.length} values from ${number(low)} to ${number(high)}`,
    frame(across, up, x, 'count'),
    ...boxes,
  );
}

/** One bar of a chart, measured in the chart's unit. */
export interface Bar {
  readonly name: string;
  readonly value: number;
  readonly note?: string;
}

/** Horizontal bars, longest at full width; each says its value. */
export function barChart(bars: readonly Bar[], unit: string): string {
  const left = 16 + 7 * Math.max(...bars.map(({ name }) => name.length));
  const most = Math.max(...bars.map(({ value }) => value)) || 1;
  const rows = bars.flatMap(({ name, value, note }, i) => {
    const [y, width] = [TOP + i * 30, Math.max(1, ((WIDTH - left - 190) * value) / most)];
    return [
      label(name, left - 10, y + 14, { 'text-anchor': 'end' }),
      tag('rect', { x: left, y, width, height: 20, rx: 2, fill: SERIES[i % SERIES.length] }),
      label(`${number(value)} ${unit}${note === undefined ? '' : ` · ${note}`}`, left + width + 8, y + 14, {
        fill: INK.faint,
      }),
    ];
  });
  return picture(
    WIDTH,
    TOP * 1.5 + bars.length * 30,
    bars.map(({ name, value }) => `${name} ${number(value)} ${unit}`).join(', '),
    ...rows,
  );
}

interface Axis {
  readonly ticks: readonly number[];
  readonly log: boolean;
  readonly place: (value: number) => number;
}

function axis(values: readonly number[], scale: 'linear' | 'log', from: number, to: number): Axis {
  const log = scale === 'log';
  const usable = values.filter((value) => Number.isFinite(value) && (!log || value > 0));
  const [low, high] = extent(log ? usable.map(Math.log10) : usable);
  const ticks = log ? decades(low, high) : steps(low, high);
  const [first, last] = [Math.min(low, ticks[0] ?? low), Math.max(high, ticks.at(-1) ?? high)];
  const place = (value: number): number =>
    from + (((log ? Math.log10(value) : value) - first) / (last - first || 1)) * (to - from);
  return { ticks: log ? ticks.map((tick) => 10 ** tick) : ticks, log, place };
}

function extent(values: readonly number[]): [number, number] {
  const low = values.reduce((least, value) => Math.min(least, value), Infinity);
  const high = values.reduce((most, value) => Math.max(most, value), -Infinity);
  return low === Infinity ? [0, 1] : low === high ? [low - 0.5, high + 0.5] : [low, high];
}

/** Round steps of 1, 2 or 5 that cover the range with about five marks (Heckbert, Graphics Gems 1990). */
function steps(low: number, high: number): number[] {
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * (rough / power < 1.5 ? 1 : rough / power < 3.5 ? 2 : rough / power < 7.5 ? 5 : 10);
  const first = Math.floor(low / step + 1e-9);
  return Array.from({ length: Math.ceil(high / step - 1e-9) - first + 1 }, (_, i) =>
    Number(((first + i) * step).toPrecision(12)),
  );
}

function decades(low: number, high: number): number[] {
  const [first, last] = [Math.floor(low + 1e-9), Math.ceil(high - 1e-9)];
  const step = Math.max(1, Math.ceil((last - first) / 7));
  return Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, i) => first + i * step);
}

function frame(across: Axis, up: Axis, x: string, y: string): string {
  const floor = HEIGHT - BOTTOM;
  const rules = up.ticks.flatMap((tick) => [
    tag('line', { x1: LEFT, x2: WIDTH - RIGHT, y1: up.place(tick), y2: up.place(tick), stroke: INK.rule }),
    label(tickText(up, tick), LEFT - 8, up.place(tick) + 4, { 'text-anchor': 'end', fill: INK.faint, 'font-size': 11 }),
  ]);
  const marks = across.ticks.map((tick) =>
    label(tickText(across, tick), across.place(tick), floor + 18, {
      'text-anchor': 'middle',
      fill: INK.faint,
      'font-size': 11,
    }),
  );
  const middle = (TOP + floor) / 2;
  return [
    ...rules,
    ...marks,
    tag('line', { x1: LEFT, x2: WIDTH - RIGHT, y1: floor, y2: floor, stroke: INK.faint }),
    label(x, (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, { 'text-anchor': 'middle' }),
    label(y, 14, middle, { 'text-anchor': 'middle', transform: `rotate(-90 14 ${middle})` }),
  ].join('');
}

/** Powers of ten on a logarithmic axis, plain numbers else. */
function tickText({ log }: Axis, tick: number): string {
  const power = Math.round(Math.log10(tick));
  return log && (power < -2 || power > 4)
    ? `10${String(power).replaceAll(/./g, (digit) => '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'['-0123456789'.indexOf(digit)]!)}`
    : number(tick);
}

function polyline(
  { x, y }: Series,
  across: (value: number) => number,
  up: (value: number) => number,
  stroke: string,
): string {
  let path = '';
  let down = false;
  for (let i = 0; i < y.length; i++) {
    const [px, py] = [across(x[i]!), up(y[i]!)];
    const drawn = Number.isFinite(px) && Number.isFinite(py);
    if (drawn) path += `${down ? 'L' : 'M'}${px.toFixed(1)} ${py.toFixed(1)}`;
    down = drawn;
  }
  return tag('path', {
    d: path,
    fill: 'none',
    stroke,
    'stroke-width': y.length > 200 ? 1.2 : 2,
    'stroke-linejoin': 'round',
    'stroke-linecap': 'round',
  });
}

function names(series: readonly Series[]): string {
  let x = LEFT;
  return series
    .map(({ name }, i) => {
      const entry =
        tag('rect', { x, y: TOP - 8, width: 18, height: 3, rx: 1.5, fill: SERIES[i % SERIES.length] }) +
        label(name, x + 24, TOP - 2);
      x += 44 + name.length * 6.6;
      return entry;
    })
    .join('');
}
