// Images sampled at the places of a grid: each result is a weighted sum of the elements around its place.
import { ShapeError } from '../../errors.ts';
import { formatShape, type Shape, sizeOf, stridesOf } from '../../tensor/shape.ts';
import { numberAttribute, textAttribute } from '../attribute-values.ts';
import { type Called, type Calls, composite, type Composite } from '../composite.ts';
import type { AttributeValues } from '../define.ts';
import { asComputed, restored, sliceOf } from '../parts.ts';

/** An element beside a place along one axis: its index, and its share. */
interface Tap<C> {
  readonly index: C;
  readonly share: C | undefined;
  /** Where the index lies within the axis; undefined where all do. */
  readonly isWithin: C | undefined;
}

/** Elements of an axis around the coordinates of a grid, which are −1 and 1 at its ends. */
function tapsOf<C extends Called>(
  call: Calls<C>,
  coordinates: C,
  n: number,
  attrs: AttributeValues,
): readonly Tap<C>[] {
  const aligned = attrs['alignCorners'] === true;
  const fromEnd = call('add', [coordinates, 1]);
  const place = call('clip', [
    aligned
      ? call('multiply', [fromEnd, (n - 1) / 2])
      : call('divide', [call('subtract', [call('multiply', [fromEnd, n]), 1]), 2]),
    -(2 ** 20),
    2 ** 20,
  ]);
  const mode = textAttribute(attrs, 'mode');
  if (mode === 'nearest') return [tapAt(call, call('round', [place]), undefined, n, attrs)];
  const low = call('floor', [place]);
  const t = call('subtract', [place, low]);
  const shares =
    mode === 'linear' ? [call('subtract', [1, t]), t] : cubicShares(call, t, numberAttribute(attrs, 'cubic'));
  return shares.map((share, k) => tapAt(call, call('add', [low, k - (mode === 'linear' ? 0 : 1)]), share, n, attrs));
}

/** Keys' weights of four elements, a share t of the way from the second to the third. */
function cubicShares<C extends Called>(call: Calls<C>, t: C, a: number): readonly C[] {
  const horner = (x: C, first: number, ...rest: readonly number[]): C =>
    rest
      .slice(1)
      .reduce(
        (sum, each) => call('add', [call('multiply', [sum, x]), each]),
        call('add', [call('multiply', [x, first]), rest[0]!]),
      );
  const near = (x: C): C => horner(x, a + 2, -(a + 3), 0, 1);
  const far = (x: C): C => horner(x, a, -5 * a, 8 * a, -4 * a);
  const rest = call('subtract', [1, t]);
  return [far(call('add', [t, 1])), near(t), near(rest), far(call('add', [rest, 1]))];
}

function tapAt<C extends Called>(
  call: Calls<C>,
  at: C,
  share: C | undefined,
  n: number,
  attrs: AttributeValues,
): Tap<C> {
  const padding = textAttribute(attrs, 'padding');
  const last = Math.max(0, n - 1);
  const index = call(
    'astype',
    [padding === 'reflection' ? reflected(call, at, n, attrs) : call('clip', [at, 0, last])],
    {
      dtype: 'int32',
    },
  );
  if (padding !== 'zeros') return { index, share, isWithin: undefined };
  return { index, share, isWithin: call('logical_and', [call('greater_equal', [at, 0]), call('less', [at, n])]) };
}

/** Indices beyond an end counted back from it: from the last element, or from its edge. */
function reflected<C extends Called>(call: Calls<C>, at: C, n: number, attrs: AttributeValues): C {
  if (n <= 1) return call('multiply', [at, 0]);
  const aligned = attrs['alignCorners'] === true;
  const period = aligned ? 2 * (n - 1) : 2 * n;
  const turn = call('remainder', [at, period]);
  return call('minimum', [turn, call('subtract', [aligned ? period : period - 1, turn])]);
}

function needGrid(x: Shape, grid: Shape): void {
  const rank = x.length - 2;
  if (rank >= 1 && grid.length === x.length && grid.at(-1) === rank && grid[0] === x[0] && sizeOf(x.slice(2)) > 0)
    return;
  throw new ShapeError(
    `grid_sample: x is ${formatShape(x)}, the grid ${formatShape(grid)}; give x of [batch, channels, …lengths] and a ` +
      'grid of [batch, …places, as many coordinates as x has lengths].',
    { x, grid },
  );
}

const gridSample = composite({
  name: 'grid_sample',
  doc:
    'x, of [batch, channels, …lengths], at the places of a grid: coordinates from −1 to 1, that of the last axis ' +
    'first.',
  operands: [
    { name: 'x', kind: 'float' },
    { name: 'grid', kind: 'float' },
  ],
  attributes: {
    mode: {
      kind: 'choice',
      choices: ['linear', 'nearest', 'cubic'],
      fallback: 'linear',
      doc: 'how elements are weighted',
    },
    padding: {
      kind: 'choice',
      choices: ['zeros', 'border', 'reflection'],
      fallback: 'zeros',
      doc: 'what lies beyond the ends',
    },
    alignCorners: {
      kind: 'bool',
      fallback: false,
      doc: '−1 and 1 are the middles of the outer elements, not their edges',
    },
    cubic: { kind: 'float', fallback: -0.75, doc: 'factor of the cubic weights' },
  },
  result: 'same',
  expand: (call, [x, grid], attrs) => {
    needGrid(x!.type.shape, grid!.type.shape);
    const wide = asComputed(call, x!);
    const [batch, channels, ...lengths] = x!.type.shape as [number, number, ...number[]];
    const places = grid!.type.shape.slice(1, -1);
    const count = sizeOf(places);
    const taps = lengths.map((n, axis) => {
      const at = lengths.length - 1 - axis;
      const one = call('astype', [sliceOf(call, grid!, places.length + 1, at, at + 1)], { dtype: wide.type.dtype });
      return tapsOf(call, call('reshape', [one], { shape: [batch, 1, count] }), n, attrs);
    });
    const rows = call('reshape', [wide], { shape: [batch, channels, sizeOf(lengths)] });
    const sums = combinations(taps).map((chosen) => weighted(call, rows, chosen, lengths));
    const total = sums.reduce((sum, term) => call('add', [sum, term]));
    return restored(call, call('reshape', [total], { shape: [batch, channels, ...places] }), x!);
  },
});

/** One tap of each axis, in all ways. */
const combinations = <T>(taps: readonly (readonly T[])[]): readonly (readonly T[])[] =>
  taps.reduce<readonly (readonly T[])[]>((all, axis) => all.flatMap((one) => axis.map((tap) => [...one, tap])), [[]]);

/** The elements at one tap of each axis, times their shares. */
function weighted<C extends Called>(call: Calls<C>, rows: C, chosen: readonly Tap<C>[], lengths: Shape): C {
  const strides = stridesOf(lengths);
  const index = chosen
    .map((tap, axis) => (strides[axis] === 1 ? tap.index : call('multiply', [tap.index, strides[axis]!])))
    .reduce((sum, each) => call('add', [sum, each]));
  const elements = call('take_along_axis', [rows, index], { axis: 2 });
  const tests = chosen.flatMap(({ isWithin }) => (isWithin === undefined ? [] : [isWithin]));
  const within =
    tests.length === 0
      ? elements
      : call('where', [tests.reduce((all, each) => call('logical_and', [all, each])), elements, 0]);
  const shares = chosen.flatMap(({ share }) => (share === undefined ? [] : [share]));
  return shares.length === 0
    ? within
    : call('multiply', [within, shares.reduce((product, share) => call('multiply', [product, share]))]);
}

/** Composites of this family. */
export const GRID_SAMPLING: readonly Composite[] = [gridSample];
