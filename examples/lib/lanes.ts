// The picture of a few runs: one lane each on one time axis, every op where its trace says it was.
import { formatSeconds } from './format.ts';
import { type Family, FAMILIES, type Mark } from './marks.ts';
import { box, drawing, element, INK, text } from './svg.ts';

/** A run in the picture. */
export interface Lane {
  readonly name: string;
  readonly seconds: number;
  /** Seconds it would have taken, where it was stopped. */
  readonly wholeSeconds?: number;
  readonly marks: readonly Mark[];
}

const COLOURS: Readonly<Record<Family, string>> = {
  products: '#0072b2',
  solve: '#d55e00',
  elementwise: '#009e73',
  random: '#cc79a7',
  other: '#e69f00',
};
const LEGEND: Readonly<Record<Family, string>> = {
  products: 'products',
  solve: 'solve',
  elementwise: 'cos, add, scale',
  random: 'random',
  other: 'rows, means',
};

const WIDTH = 1080;
const PLOT = { left: 232, right: WIDTH - 96, top: 104 } as const;
const LANE = { height: 30, rug: 9, gap: 19 } as const;
const PITCH = LANE.height + LANE.rug + LANE.gap;

/** Draws lanes: computed ops are solid, reused ones hairlines under them. */
export function drawLanes(lanes: readonly Lane[], title: string): string {
  const longest = Math.max(...lanes.map((lane) => lane.wholeSeconds ?? lane.seconds), 1e-3);
  const scale = (PLOT.right - PLOT.left) / longest;
  const bottom = PLOT.top + lanes.length * PITCH - LANE.gap + 10;
  return drawing(
    WIDTH,
    bottom + 50,
    `${title}. ${lanes.map((lane) => `${lane.name}: ${formatSeconds(lane.seconds)}`).join('; ')}.`,
    text(title, 24, 38, { 'font-size': 19, 'font-weight': 'bold' }),
    drawLegend(),
    drawAxis(longest, scale, bottom),
    ...lanes.map((lane, i) => drawLane(lane, PLOT.top + i * PITCH, scale)),
  );
}

function drawLane(lane: Lane, y: number, scale: number): string {
  const end = PLOT.left + lane.seconds * scale;
  const whole = lane.wholeSeconds === undefined ? end : PLOT.left + lane.wholeSeconds * scale;
  const mid = y + LANE.height / 2;
  return element(
    'g',
    {},
    text(lane.name, PLOT.left - 16, mid + 5, { 'text-anchor': 'end' }),
    element('rect', { x: PLOT.left, y, width: Math.max(end - PLOT.left, 1), height: LANE.height, fill: INK.strip }),
    ...(whole > end
      ? [
          element('rect', {
            x: end,
            y: y + 0.5,
            width: whole - end,
            height: LANE.height - 1,
            fill: 'none',
            stroke: INK.faint,
            'stroke-dasharray': '4 4',
          }),
        ]
      : []),
    ...FAMILIES.map((family) => drawFamily(family, lane.marks, y, scale)),
    drawReused(lane.marks, y + LANE.height + 2, scale),
    ...drawTime(lane, Math.max(end, whole), mid),
  );
}

function drawTime(lane: Lane, end: number, mid: number): string[] {
  const words = lane.wholeSeconds === undefined ? formatSeconds(lane.seconds) : `≈ ${formatSeconds(lane.wholeSeconds)}`;
  return [
    text(words, end + 10, mid + 5, { 'font-weight': 'bold' }),
    ...(lane.wholeSeconds === undefined
      ? []
      : [text('extrapolated', end + 10, mid + 19, { 'font-size': 10, fill: INK.faint })]),
  ];
}

/** Ops of one family as one path; neighbours closer than a quarter of a pixel become one box. */
function drawFamily(family: Family, marks: readonly Mark[], y: number, scale: number): string {
  const boxes: [from: number, to: number][] = [];
  const ordered = marks
    .filter((mark) => mark.family === family && !mark.reused)
    .sort((a, b) => a.startSeconds - b.startSeconds);
  for (const { startSeconds, seconds } of ordered) {
    const [from, to] = [PLOT.left + startSeconds * scale, PLOT.left + (startSeconds + seconds) * scale];
    const last = boxes.at(-1);
    if (last !== undefined && from - last[1] < 0.25) last[1] = Math.max(last[1], to);
    else boxes.push([from, to]);
  }
  const path = boxes
    .filter(([from, to]) => to - from >= 0.05)
    .map(([from, to]) => box(from, y, to - from, LANE.height))
    .join('');
  return path === '' ? '' : element('path', { d: path, fill: COLOURS[family] });
}

function drawReused(marks: readonly Mark[], y: number, scale: number): string {
  const places = new Set(
    marks
      .filter(({ reused }) => reused)
      .map(({ startSeconds }) => Math.round((PLOT.left + startSeconds * scale) * 2) / 2),
  );
  if (places.size === 0) return '';
  return element('path', {
    d: [...places].map((x) => `M${x} ${y}v${LANE.rug - 2}`).join(''),
    stroke: INK.text,
    'stroke-width': 0.5,
    'stroke-opacity': 0.7,
  });
}

function drawLegend(): string {
  let x = 24;
  const parts = FAMILIES.map((family) => {
    const at = x;
    x += 44 + LEGEND[family].length * 6.7;
    return (
      element('rect', { x: at, y: 57, width: 12, height: 12, rx: 2, fill: COLOURS[family] }) +
      text(LEGEND[family], at + 18, 68, { 'font-size': 12 })
    );
  });
  const ticks = element('path', {
    d: [0, 3, 6, 9].map((dx) => `M${x + dx} 58v10`).join(''),
    stroke: INK.text,
    'stroke-width': 0.8,
  });
  return element('g', {}, ...parts, ticks, text('reused: nothing to do', x + 18, 68, { 'font-size': 12 }));
}

function drawAxis(longest: number, scale: number, bottom: number): string {
  const step = niceStep(longest / 8);
  const places = Array.from({ length: Math.floor(longest / step + 1e-9) + 1 }, (_, i) => i * step);
  return element(
    'g',
    {},
    element('path', {
      d: places.map((at) => `M${Math.round((PLOT.left + at * scale) * 10) / 10} ${PLOT.top - 10}V${bottom}`).join(''),
      stroke: INK.rule,
    }),
    element('path', { d: `M${PLOT.left} ${PLOT.top - 10}V${bottom}H${PLOT.right}`, stroke: INK.faint, fill: 'none' }),
    ...places.map((at) =>
      text(String(Number(at.toPrecision(3))), PLOT.left + at * scale, bottom + 18, {
        'text-anchor': 'middle',
        'font-size': 12,
        fill: INK.faint,
      }),
    ),
    text('seconds', PLOT.right, bottom + 36, { 'text-anchor': 'end', 'font-size': 12, fill: INK.faint }),
  );
}

/** The smallest of 1, 2, 5 · 10ⁿ that is not below `least`. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 5].find((factor) => factor * power >= least) ?? 10);
}
