// The picture of a sweep: accuracy by scale and λ, the best one framed.
import { drawing, element, INK, text } from './svg.ts';

/** A cell: mean accuracy of one scale and λ. */
export interface Cell {
  readonly scale: number;
  readonly lambda: number;
  readonly accuracy: number;
}

/** Where a cell lies. */
interface Place {
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

type Colour = readonly [red: number, green: number, blue: number];

/** Six colours of viridis, dark to light. */
const STOPS: readonly Colour[] = [
  [68, 1, 84],
  [65, 68, 135],
  [42, 120, 142],
  [34, 168, 132],
  [122, 209, 81],
  [253, 231, 37],
];
const CELL_HEIGHT = 56;
const LEAST_CELL_WIDTH = 82;
const LEFT = 104;
const TOP = 108;
const LEAST_WIDTH = 660;

/** Draws the cells, scales down and λ across. */
export function drawHeatMap(cells: readonly Cell[], title: string): string {
  const scales = distinct(cells.map(({ scale }) => scale));
  const lambdas = distinct(cells.map(({ lambda }) => lambda));
  const accuracies = cells.map(({ accuracy }) => accuracy);
  const [low, high] = [Math.min(...accuracies), Math.max(...accuracies)];
  const cell = Math.max(LEAST_CELL_WIDTH, (LEAST_WIDTH - LEFT - 28) / lambdas.length);
  const bottom = TOP + scales.length * CELL_HEIGHT;
  const placeOf = ({ scale, lambda }: Cell): Place => ({
    x: LEFT + lambdas.indexOf(lambda) * cell,
    y: TOP + scales.indexOf(scale) * CELL_HEIGHT,
    width: cell,
  });
  const drawn = cells.map((one) => drawCell(one, placeOf(one), high > low ? (one.accuracy - low) / (high - low) : 1));
  const best = cells.find(({ accuracy }) => accuracy === high)!;
  return drawing(
    LEFT + lambdas.length * cell + 28,
    bottom + 56,
    `${title}: best ${percent(high)} % at scale ${best.scale}, λ ${best.lambda}.`,
    text(title, 24, 38, { 'font-size': 19, 'font-weight': 'bold' }),
    drawLegend(low, high),
    ...drawn,
    drawFrame(placeOf(best)),
    ...lambdas.map((lambda, i) =>
      text(formatLambda(lambda), LEFT + (i + 0.5) * cell, bottom + 20, {
        'text-anchor': 'middle',
        'font-size': 12,
        fill: INK.faint,
      }),
    ),
    ...scales.map((scale, i) =>
      text(String(scale), LEFT - 12, TOP + (i + 0.5) * CELL_HEIGHT + 4, {
        'text-anchor': 'end',
        'font-size': 12,
        fill: INK.faint,
      }),
    ),
    text('λ', LEFT + (lambdas.length * cell) / 2, bottom + 42, { 'text-anchor': 'middle' }),
    text('scale', 24, TOP + (scales.length * CELL_HEIGHT) / 2 + 4, {}),
  );
}

function drawCell({ accuracy }: Cell, { x, y, width }: Place, t: number): string {
  const colour = colourAt(t);
  const dark = 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2] < 140;
  return (
    element('rect', {
      x: x + 1,
      y: y + 1,
      width: width - 2,
      height: CELL_HEIGHT - 2,
      rx: 3,
      fill: `rgb(${colour.join(',')})`,
    }) +
    text(percent(accuracy), x + width / 2, y + CELL_HEIGHT / 2 + 5, {
      'text-anchor': 'middle',
      fill: dark ? '#ffffff' : INK.text,
    })
  );
}

/** A frame that shows on every colour: white under dark. */
function drawFrame({ x, y, width }: Place): string {
  const around = { x: x - 1, y: y - 1, width: width + 2, height: CELL_HEIGHT + 2, rx: 4, fill: 'none' };
  return (
    element('rect', { ...around, stroke: INK.paper, 'stroke-width': 5 }) +
    element('rect', { ...around, stroke: INK.text, 'stroke-width': 2.5 })
  );
}

function drawLegend(low: number, high: number): string {
  const steps = 40;
  const bars = Array.from({ length: steps }, (_, i) =>
    element('rect', {
      x: LEFT + i * 4,
      y: 62,
      width: 4.2,
      height: 12,
      fill: `rgb(${colourAt(i / (steps - 1)).join(',')})`,
    }),
  );
  return element(
    'g',
    {},
    text(percent(low), LEFT - 10, 73, { 'text-anchor': 'end', 'font-size': 12 }),
    ...bars,
    text(`${percent(high)} % of the digits it did not see were read right`, LEFT + steps * 4 + 10, 73, {
      'font-size': 12,
    }),
  );
}

function colourAt(t: number): Colour {
  const at = t * (STOPS.length - 1);
  const low = Math.min(STOPS.length - 2, Math.floor(at));
  const [from, to] = [STOPS[low]!, STOPS[low + 1]!];
  return [0, 1, 2].map((i) => Math.round(from[i]! + (to[i]! - from[i]!) * (at - low))) as unknown as Colour;
}

const distinct = (values: readonly number[]): number[] => [...new Set(values)].sort((a, b) => a - b);
const percent = (share: number): string => (share * 100).toFixed(1);

/** λ as people write it: 3·10⁻⁵, 0.01. */
function formatLambda(lambda: number): string {
  if (lambda >= 1e-3) return String(lambda);
  const [digits, exponent] = lambda.toExponential().split('e') as [string, string];
  const power = String(Math.abs(Number(exponent))).replace(/\d/g, (digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'.charAt(Number(digit)));
  return `${digits === '1' ? '' : `${digits}·`}10⁻${power}`;
}
