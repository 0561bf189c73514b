// Rows composed of rows: maps of maps, reductions of maps, maps of products. One pass where there were two, with the
// same bits.
import { predicate, scalar, type Algebra, type ElementFunction, type Scalar } from '../../../kernels/scalar/algebra.ts';
import { type TensorType, tensorType } from '../tensor/type.ts';
import { makeComposedRow, type KernelSpec, type OpRow, type RowParts } from './define.ts';
import { broadcastShapes } from './infer.ts';
import { CAST } from './movement/indexing.ts';

/** Operands and parts a composed row may have: more would not fit a GPU's bindings, or take long to compile. */
const MAX_OPERANDS = 6;
const MAX_PARTS = 12;

/** A cast to or from float32 as a map, for kernels that decode and encode elements as they read and write. */
export const CODEC_CAST: OpRow = makeComposedRow({
  name: CAST.name,
  doc: CAST.doc,
  operands: CAST.operands,
  attributes: CAST.attributes,
  infer: CAST.infer,
  separable: 'elements',
  kernel: { skeleton: 'map', element: scalar('decoded', 1, (_m, x) => x) },
  throughCodecs: true,
});

/** Compositions that are remembered are at least the newest so many, and at most twice as many. */
const REMEMBERED = 1024;

let composed = new Map<string, OpRow | undefined>();
let composedBefore: typeof composed = new Map();
const partsOf = new WeakMap<OpRow, number>();

/**
 * `outer` with its operand at a position replaced by `inner` of further operands, all float32 but for those of
 * `CODEC_CAST`; undefined where there is no such row. What `inner` gives is rounded as if it had been stored. Operands
 * of a product come first, others stand where `inner` stood. The same composition is the same row for as long as it is
 * remembered; then it has another number.
 */
export function composeRows(outer: OpRow, at: number, inner: OpRow): OpRow | undefined {
  const key = `${outer.number} ${at} ${inner.number}`;
  if (composed.has(key)) return composed.get(key);
  const row = composedBefore.has(key) ? composedBefore.get(key) : compose(outer, at, inner);
  if (composed.size >= REMEMBERED) [composedBefore, composed] = [composed, new Map()];
  composed.set(key, row);
  return row;
}

/** Whether operands of the inner row go before all others, instead of to the position of its result. */
export const leads = (inner: OpRow): boolean => inner.kernel.skeleton === 'contract';

type Kernel<S extends KernelSpec['skeleton']> = Extract<KernelSpec, { skeleton: S }>;

function compose(outer: OpRow, at: number, inner: OpRow): OpRow | undefined {
  const parts = (partsOf.get(outer) ?? 1) + (partsOf.get(inner) ?? 1);
  if (parts > MAX_PARTS || outer.operands.length + inner.operands.length - 1 > MAX_OPERANDS) return undefined;
  const [f, g] = [outer.kernel, inner.kernel];
  const row =
    f.skeleton === 'map' && g.skeleton === 'map'
      ? mapOfMap(outer, f.element, at, inner, g.element)
      : f.skeleton === 'map' && g.skeleton === 'contract'
        ? mapOfProduct(outer, f.element, at, inner, g)
        : f.skeleton === 'reduce' && g.skeleton === 'map'
          ? reductionOfMap(outer, f, inner, g.element)
          : undefined;
  if (row !== undefined) partsOf.set(row, parts);
  return row;
}

function mapOfMap(outer: OpRow, f: ElementFunction, at: number, inner: OpRow, g: ElementFunction): OpRow | undefined {
  if (g.returns !== 'value') return undefined;
  const operands = [...outer.operands.slice(0, at), ...inner.operands, ...outer.operands.slice(at + 1)];
  const between = (types: readonly TensorType[]): TensorType => mappedType(inner, types);
  return mapRow(outer, inner, composeFunctions(f, at, g), operands, {
    first: inner,
    at,
    count: inner.operands.length,
    second: outer,
    between,
  });
}

function mapRow(
  outer: OpRow,
  inner: OpRow,
  element: ElementFunction,
  operands: OpRow['operands'],
  parts?: RowParts,
): OpRow {
  const row: OpRow = makeComposedRow({
    ...namesOf(outer, inner),
    result: outer.result,
    separable: 'elements',
    operands,
    kernel: { skeleton: 'map', element },
    throughCodecs: outer.throughCodecs || inner.throughCodecs,
    infer: (types) => ({ dtype: element.returns === 'mask' ? 'bool' : 'float32', shape: broadcastShapes(row, types) }),
    flops: (types, out, attrs) =>
      outer.flops(types, out, attrs) + inner.flops(types, tensorType('float32', out.shape), attrs),
    ...(parts !== undefined && { parts }),
  });
  return row;
}

function mapOfProduct(
  outer: OpRow,
  f: ElementFunction,
  at: number,
  inner: OpRow,
  { contraction, epilogue }: Kernel<'contract'>,
): OpRow | undefined {
  if (f.returns === 'mask') return undefined;
  const onProduct = firstOperand(f, at);
  const element = epilogue === undefined ? onProduct : composeFunctions(onProduct, 0, epilogue as Scalar);
  const [product, beside] = [inner.parts?.first ?? inner, outer.operands.filter((_, i) => i !== at)];
  const operands = [...inner.operands, ...beside];
  return makeComposedRow({
    ...namesOf(outer, inner),
    result: 'promoted',
    operands,
    kernel: { skeleton: 'contract', contraction, epilogue: element },
    infer: inner.infer,
    flops: (types, out, attrs) => product.flops(types, out, attrs) + out.size * element.arity,
    parts: {
      first: product,
      at: 0,
      count: 2,
      second: mapRow(outer, outer, element, operands.slice(1)),
      between: (_types, out) => out,
    },
  });
}

function reductionOfMap(
  outer: OpRow,
  { reduction, prologue }: Kernel<'reduce'>,
  inner: OpRow,
  g: ElementFunction,
): OpRow | undefined {
  if (prologue !== undefined || g.returns !== 'value') return undefined;
  return makeComposedRow({
    ...namesOf(outer, inner),
    result: outer.result,
    operands: inner.operands,
    kernel: { skeleton: 'reduce', reduction, prologue: g },
    infer: (types, attrs) => outer.infer([mappedType(inner, types)], attrs),
    flops: (types, out, attrs) =>
      outer.flops([mappedType(inner, types)], out, attrs) + inner.flops(types, mappedType(inner, types), attrs),
    parts: {
      first: inner,
      at: 0,
      count: inner.operands.length,
      second: outer,
      between: (types) => mappedType(inner, types),
    },
  });
}

const mappedType = (row: OpRow, types: readonly TensorType[]): TensorType =>
  tensorType('float32', broadcastShapes(row, types));

const namesOf = (outer: OpRow, inner: OpRow): Pick<OpRow, 'name' | 'doc' | 'bound'> => ({
  name: `${outer.name}∘${inner.name}`,
  doc: `${outer.doc} ${inner.doc}`,
  bound: outer.bound + inner.bound,
});

function composeFunctions(f: ElementFunction, at: number, g: Scalar): ElementFunction {
  const name = `${f.name}(${g.name})`;
  const arity = f.arity + g.arity - 1;
  const arranged = <T, M>(m: Algebra<T, M>, x: readonly T[]): T[] => [
    ...x.slice(0, at),
    m.single(apply(m, g, x.slice(at, at + g.arity))),
    ...x.slice(at + g.arity),
  ];
  return f.returns === 'mask'
    ? predicate(name, arity, (m, ...x) => f.body(m, ...arranged(m, x)))
    : scalar(name, arity, (m, ...x) => apply(m, f, arranged(m, x)));
}

/** The function with the operand at a position put first. */
const firstOperand = (f: Scalar, at: number): Scalar =>
  at === 0
    ? f
    : scalar(`${f.name}, ${at} first`, f.arity, (m, first, ...x) =>
        apply(m, f, [...x.slice(0, at), first as (typeof x)[0], ...x.slice(at)] as typeof x),
      );

/** Through `call` where that takes so many arguments, so that devices with a built-in of that name use it. */
function apply<T, M>(m: Algebra<T, M>, f: Scalar, x: readonly T[]): T {
  const [a, b] = x as readonly [T, T];
  return f.arity === 1 ? m.call(f, a) : f.arity === 2 ? m.call(f, a, b) : f.body(m, ...x);
}
