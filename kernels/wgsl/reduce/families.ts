// The families of reductions: which WGSL accumulates which reduction of which dtype, and in how many stages.
import {
  DOUBLE_FLOAT,
  DOUBLE_FLOAT_EXPONENTIAL,
  REDUCE_EXPONENTIALS,
  REDUCE_EXTREME,
  REDUCE_ORDER,
  REDUCE_POSITION,
  REDUCE_PRODUCT,
  REDUCE_SQUARES,
  REDUCE_SUM,
  REDUCE_WORDS,
  ROWS_TRANSFORM,
} from '../shaders.gen.ts';
import { computedType, type GpuDType } from '../text/storage.ts';
import { fillTemplate } from '../text/template.ts';

/** Reductions a GPU can do. */
export type GpuReduction =
  | 'sum'
  | 'prod'
  | 'min'
  | 'max'
  | 'mean'
  | 'var'
  | 'std'
  | 'any'
  | 'all'
  | 'argmin'
  | 'argmax'
  | 'norm1'
  | 'norm2'
  | 'normInf'
  | 'logsumexp'
  | 'count';

/** How totals are accumulated: WGSL of Total, nothing, include, join and wordOf or centreOf. Made once per form. */
export interface Family {
  readonly name: string;
  readonly arithmetic: string;
  /** Library functions it calls (functions.ts). */
  readonly uses: readonly string[];
  readonly text: string;
  /** Of one Total. */
  readonly totalBytes: number;
  /** Whether it reads what an earlier stage found out about the result. */
  readonly centred: boolean;
}

/** One sweep over the operand. */
export interface Stage {
  readonly family: Family;
  /** What is kept of a total: a 32-bit element, or two words for the next stage. */
  readonly keeps: 'word' | 'centre';
  /** What results are divided by. */
  readonly divisor: number;
}

type Holes = Readonly<Record<string, string | number>>;

const made = new Map<string, Family>();

function family(
  name: string,
  texts: readonly string[],
  totalBytes: number,
  holes: Holes = {},
  rest: Partial<Pick<Family, 'arithmetic' | 'uses' | 'centred'>> = {},
): Family {
  const key = `${name} ${Object.values(holes).join(' ')}`.trim();
  let known = made.get(key);
  if (known === undefined)
    made.set(
      key,
      (known = {
        name: key,
        text: fillTemplate(texts.join('\n'), holes),
        totalBytes,
        arithmetic: '',
        uses: [],
        centred: false,
        ...rest,
      }),
    );
  return known;
}

const DOUBLES = { arithmetic: DOUBLE_FLOAT, uses: ['rounded'] } as const;

const sums = (magnitudes: boolean): Family =>
  family('sum', [REDUCE_SUM], 20, { magnitudes: String(magnitudes) }, DOUBLES);
const squares = (centred: boolean, root: boolean): Family =>
  family('squares', [REDUCE_SQUARES], 28, { centred: String(centred), root: String(root) }, { ...DOUBLES, centred });
const products = (): Family => family('product', [REDUCE_PRODUCT], 16, {}, { uses: ['multiplyWide'] });

/** What sums of exponentials are computed with. */
export const EXPONENTIALS = {
  arithmetic: `${DOUBLE_FLOAT}\n${DOUBLE_FLOAT_EXPONENTIAL}`,
  uses: ['rounded', 'reduceByLn2', 'exponentialTail', 'scale', 'splitForLog', 'logTail'],
} as const;
/** Σ e^(x - shift) for the shift of the stage before; its centre is the term of a row, logarithmic or not. */
export const exponentials = (logarithmic: boolean): Family =>
  family(
    'exponentials',
    [ROWS_TRANSFORM, REDUCE_EXPONENTIALS],
    8,
    { logarithmic: String(logarithmic) },
    { ...EXPONENTIALS, centred: true },
  );

function ordered(of: 'extreme' | 'position', dtype: GpuDType, order: 'least' | 'greatest' | 'magnitudes'): Family {
  const scalar = computedType(dtype);
  const holes = {
    floats: String(scalar === 'f32'),
    signed: String(scalar === 'i32'),
    least: String(order === 'least'),
    magnitudes: String(order === 'magnitudes'),
    zerosEqual: String(of === 'position'),
    scalar,
  };
  return of === 'extreme'
    ? family('extreme', [REDUCE_ORDER, REDUCE_EXTREME], 4, holes)
    : family('position', [REDUCE_ORDER, REDUCE_POSITION], 8, holes);
}

/** The maximum, of which the next stage takes the shift. */
export const maximum = (): Family => ordered('extreme', 'float32', 'greatest');

const COMBINATIONS = {
  sum: ['0u', 'a + b'],
  prod: ['1u', 'a * b'],
  any: ['0u', 'a | b'],
  all: ['1u', 'a & b'],
} as const;

function words(combination: keyof typeof COMBINATIONS, dtype: GpuDType, of: 'values' | 'truth', mean: boolean): Family {
  const scalar = computedType(dtype);
  const [nothing, combine] = COMBINATIONS[combination];
  const holes = {
    nothing,
    combine,
    scalar,
    truth: String(of === 'truth'),
    floats: String(scalar === 'f32'),
    mean: String(mean),
  };
  return family('words', [REDUCE_WORDS], 4, holes, DOUBLES);
}

/** The stages of a reduction of `count` elements; undefined where the CPU has to do it. */
export function stagesOf(
  reduction: GpuReduction,
  dtype: GpuDType,
  out: GpuDType,
  count: number,
  correction: number,
): readonly Stage[] | undefined {
  const one = (single: Family, divisor = 1): readonly Stage[] => [{ family: single, keeps: 'word', divisor }];
  switch (reduction) {
    case 'min':
      return out === dtype ? one(ordered('extreme', dtype, 'least')) : undefined;
    case 'max':
      return out === dtype ? one(ordered('extreme', dtype, 'greatest')) : undefined;
    case 'argmin':
      return isWordInteger(out) ? one(ordered('position', dtype, 'least')) : undefined;
    case 'argmax':
      return isWordInteger(out) ? one(ordered('position', dtype, 'greatest')) : undefined;
    case 'any':
    case 'all':
      return out === 'bool' ? one(words(reduction, dtype, 'truth', false)) : undefined;
    case 'count':
      return isWordInteger(out) ? one(words('sum', dtype, 'truth', false)) : undefined;
    default:
      return dtype === 'float32'
        ? floatStages(reduction, out, count, correction)
        : integerStages(reduction, dtype, out, count);
  }
}

function floatStages(
  reduction: GpuReduction,
  out: GpuDType,
  count: number,
  correction: number,
): readonly Stage[] | undefined {
  if (out !== 'float32') return undefined;
  const stage = (single: Family, divisor = 1, keeps: Stage['keeps'] = 'word'): Stage => ({
    family: single,
    keeps,
    divisor,
  });
  // Nothing or next to nothing to divide by has no reciprocal in float32.
  const moments = (root: boolean): readonly Stage[] | undefined =>
    count - correction > 2 ** -64
      ? [stage(sums(false), count, 'centre'), stage(squares(true, root), count - correction)]
      : undefined;
  switch (reduction) {
    case 'sum':
      return [stage(sums(false))];
    case 'mean':
      return [stage(sums(false), count)];
    case 'prod':
      return [stage(products())];
    case 'norm1':
      return [stage(sums(true))];
    case 'norm2':
      return [stage(squares(false, true))];
    case 'normInf':
      return [stage(ordered('extreme', 'float32', 'magnitudes'))];
    case 'var':
      return moments(false);
    case 'std':
      return moments(true);
    case 'logsumexp':
      return [stage(maximum(), 1, 'centre'), stage(exponentials(true))];
    default:
      return undefined;
  }
}

/** Integers wrap in the dtype of the result; only the mean of bool is a float. */
function integerStages(
  reduction: GpuReduction,
  dtype: GpuDType,
  out: GpuDType,
  count: number,
): readonly Stage[] | undefined {
  if (reduction === 'mean')
    return dtype === 'bool' && out === 'float32'
      ? [{ family: words('sum', dtype, 'values', true), keeps: 'word', divisor: count }]
      : undefined;
  const wraps = (reduction === 'sum' || reduction === 'prod') && out !== 'float32' && out !== 'bool';
  return wraps ? [{ family: words(reduction, dtype, 'values', false), keeps: 'word', divisor: 1 }] : undefined;
}

const isWordInteger = (dtype: GpuDType): boolean => dtype === 'int32' || dtype === 'uint32';
