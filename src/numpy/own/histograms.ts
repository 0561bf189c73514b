// Histograms of NumPy: of one axis by the op of the library, of several by places within all of them.
import { AttributeError, ShapeError } from '../../kit.ts';
import type { PendingTensor, Tensor } from '../../surface.ts';
import { several } from '../calls.ts';
import type { Arguments, Context, Own } from '../context.ts';
import { castOne, flattened, partOf } from './operands.ts';

interface Binned {
  readonly counts: PendingTensor;
  readonly edges: PendingTensor;
}

/** Counts and edges of a row of elements. */
function binned(np: Context, given: Arguments, x: Tensor, bins: unknown, range: unknown): Binned {
  const options = {
    ...(typeof bins === 'number' && { bins }),
    ...(range !== undefined && range !== null && { range }),
  };
  if (typeof bins === 'number') return np.op('histogram', x, options) as unknown as Binned;
  if (typeof bins === 'string') throw given.wrong('bins', 'how many, or the edges: bins are not chosen by a rule');
  return np.op('histogram', x, np.call('asarray', bins).astype(x.dtype)) as unknown as Binned;
}

export const histogram: Own = (np, given) => {
  const a = castOne(np, given, 'float64', 'a');
  const bins = given.raw('bins');
  const weights = given.has('weights') ? given.array('weights') : undefined;
  const { edges } = binned(np, given, a, bins, given.raw('range'));
  if (weights !== undefined && weights.size !== a.size)
    throw new ShapeError('np.histogram: weights have another shape than a; give one for each element.', {
      a: a.shape,
      weights: weights.shape,
    });
  const density = given.flag('density');
  const operands = weights === undefined ? [a, edges] : [a, edges, weights];
  const { counts } = np.op('histogram', ...operands, { density }) as unknown as Binned;
  return several({ counts: weights === undefined && !density ? counts.astype('int64') : counts, edges });
};

export const histogramBinEdges: Own = (np, given) =>
  binned(np, given, castOne(np, given, 'float64', 'a'), given.raw('bins'), given.raw('range')).edges;

/** Bins of each axis: one number for all, or a number or edges for each. */
function binsOfAxes(given: Arguments, axes: number): readonly unknown[] {
  const bins = given.raw('bins');
  if (typeof bins === 'number') return new Array<number>(axes).fill(bins);
  if (Array.isArray(bins) && bins.length === axes) return bins;
  throw given.wrong('bins', `a number, or one or edges for each of ${axes} axes`);
}

/** The cells of a grid: places along each axis from 0, which is before the first edge, to one after the last bin. */
function counted(np: Context, given: Arguments, columns: readonly Tensor[]): readonly Tensor[] {
  const [bins, ranges] = [binsOfAxes(given, columns.length), given.raw('range') as readonly unknown[] | undefined];
  const edges = columns.map((column, i) => binned(np, given, column, bins[i], ranges?.[i]).edges);
  const lengths = edges.map((each) => each.size + 1);
  const cell = columns.reduce<Tensor>(
    (place, column, i) => {
      const last = partOf(edges[i]!, 0, -1, null);
      const after = np.op('searchsorted', edges[i]!, column, { side: 'right' }).astype('int64');
      const own = np.sheet.where(column.equal(last), BigInt(edges[i]!.size - 1), after);
      return place.multiply(BigInt(lengths[i]!)).add(own);
    },
    np.sheet.zeros([columns[0]!.size], { dtype: 'int64' }),
  );
  const cells = lengths.reduce((product, length) => product * length, 1);
  const weights = given.has('weights') ? flattened(given.array('weights', 'float64')) : undefined;
  const all = weights === undefined ? cell.bincount(cells).astype('float64') : weights.segmentSum(cell, cells);
  const inner = all.reshape(lengths).slice(
    lengths.map(() => 1),
    lengths.map((length) => length - 1),
  );
  return [given.flag('density') ? densityOf(inner, edges) : inner, ...edges];
}

function densityOf(counts: Tensor, edges: readonly Tensor[]): Tensor {
  return edges.reduce<Tensor>(
    (density, each, axis) => density.divide(each.diff().reshape(edges.map((_, i) => (i === axis ? each.size - 1 : 1)))),
    counts.divide(counts.sum()),
  );
}

export const histogram2d: Own = (np, given) => {
  const columns = ['x', 'y'].map((name) => flattened(given.array(name, 'float64')));
  if (columns[0]!.size !== columns[1]!.size)
    throw new AttributeError('np.histogram2d: x and y have different lengths; give a place in both for each element.', {
      x: columns[0]!.size,
      y: columns[1]!.size,
    });
  return counted(np, given, columns);
};

export const histogramdd: Own = (np, given) => {
  const sample = given.array('sample', 'float64');
  if (sample.ndim !== 2)
    throw new ShapeError('np.histogramdd: a sample has a row for each element and a column for each axis.', {
      sample: sample.shape,
    });
  const columns = Array.from({ length: sample.shape[1]! }, (_, i) => partOf(sample, 1, i, i + 1).squeeze(1));
  const [counts, ...edges] = counted(np, given, columns);
  return several({ counts: counts!, edges });
};
