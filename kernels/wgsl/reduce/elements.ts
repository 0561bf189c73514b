// How a reduction reads its elements: from one operand, or from a map of several that is computed on the way.
import { type ElementFunction, scalar } from '../../scalar/algebra.ts';
import { type ElementCode, elementCode, elementDomain } from '../map/element.ts';
import { elementAt as bitsAt } from '../text/conversion.ts';
import { computedType, declareWords, type GpuDType, isPacked } from '../text/storage.ts';

/** A map of row-major operands, each of the shape that is reduced or a single element. */
export interface Prologue {
  readonly fn: ElementFunction;
  readonly operands: readonly { readonly dtype: GpuDType; readonly shape: readonly number[] }[];
}

/** An operand as a shader sees it. */
interface ElementInput {
  readonly dtype: GpuDType;
  /** One element for all. */
  readonly single: boolean;
}

/** What is reduced: an operand, or a function's values on several. */
export interface ReducedElements {
  /** Of what is reduced. */
  readonly dtype: GpuDType;
  readonly inputs: readonly ElementInput[];
  readonly map?: { readonly fn: ElementFunction; readonly code: ElementCode };
}

/** WGSL of a reader: bindings from 0 on, elementAt and vectorAt, the loop over a chunk. */
export interface ElementReader {
  readonly bindings: readonly string[];
  readonly functions: string;
  readonly loop: string;
}

const MOST_OPERANDS = 6; // of eight bindings

const codes = new WeakMap<ElementFunction, Map<GpuDType, ElementCode | undefined>>();

/**
 * The elements of a map; undefined where it has no WGSL form, or where an operand would lose digits in the dtype
 * computed in.
 */
export function mappedElements(
  { fn, operands }: Prologue,
  dtype: GpuDType,
  count: number,
): ReducedElements | undefined {
  const inputs = operands.map((operand) => ({
    dtype: operand.dtype,
    single: operand.shape.every((extent) => extent === 1) && count > 1,
  }));
  const domain = elementDomain(
    fn.returns,
    operands.map((operand) => operand.dtype),
    dtype,
  );
  const fits = fn.returns === 'mask' ? dtype === 'bool' : domain === dtype;
  if (
    domain === undefined ||
    !fits ||
    operands.length > MOST_OPERANDS ||
    !inputs.every((input) => input.dtype === domain || (isPacked(input.dtype) && !isPacked(domain)))
  )
    return undefined;
  const code = codeOf(fn, domain);
  return code === undefined ? undefined : { dtype, inputs, map: { fn, code } };
}

function codeOf(fn: ElementFunction, domain: GpuDType): ElementCode | undefined {
  const known = codes.get(fn) ?? new Map<GpuDType, ElementCode | undefined>();
  codes.set(fn, known);
  if (!known.has(domain)) known.set(domain, roundedCode(fn, domain));
  return known.get(domain);
}

/**
 * What is reduced are elements as they would have been stored; the sum and the function are not one expression to be
 * rearranged.
 */
function roundedCode(fn: ElementFunction, domain: GpuDType): ElementCode | undefined {
  if (fn.returns === 'mask' || domain !== 'float32') return elementCode(fn, domain, 'prologue');
  const stored = scalar(`${fn.name}, stored`, fn.arity, (m, ...x) =>
    m.single(fn.arity <= 2 ? m.call(fn, x[0]!, x[1]) : fn.body(m, ...x)),
  );
  return elementCode(stored, domain, 'prologue');
}

const ONE_BY_ONE =
  'for (var r = begin + lane; r < end; r += params.lanes) { total = include(total, elementAt(base + ' +
  'reducedOffset(r)), r); }';

/** Chunks begin at multiples of four, so that only the last one has a rest. */
const BY_FOURS = `let whole = end & ~3u;
for (var r = begin + 4u * lane; r < whole; r += 4u * params.lanes) {
  let four = vectorAt(base + reducedOffset(r));
  total = include(total, four.x, r);
  total = include(total, four.y, r + 1u);
  total = include(total, four.z, r + 2u);
  total = include(total, four.w, r + 3u);
}
for (var r = whole + lane; r < end; r += params.lanes) {
  total = include(total, elementAt(base + reducedOffset(r)), r);
}`;

/** The reader of elements, four at a time or one. */
export function elementReader({ dtype, inputs, map }: ReducedElements, vectorised: boolean): ElementReader {
  const scalar = computedType(dtype);
  const value = (args: readonly string[]): string => {
    if (map === undefined) return args[0]!;
    return `${scalar}(${map.code.name}(${args.map((x) => `${map.code.parameter}(${x})`).join(', ')}))`;
  };
  const elementAt =
    `fn elementAt(at: u32) -> ${scalar} { return ` +
    `${value(inputs.map((input, i) => elementOf(input, i, vectorised)))}; }`;
  const bindings = inputs.map((input, i) =>
    isVector(input, vectorised)
      ? `@group(0) @binding(${i}) var<storage, read> operand${i}: array<vec4<${computedType(input.dtype)}>>;`
      : declareWords(i, `operand${i}`, input.dtype, 'read'),
  );
  if (!vectorised) return { bindings, functions: elementAt, loop: ONE_BY_ONE };
  const loads = inputs.map((input, i) => `  let loaded${i} = ${fourOf(input, i)};`);
  const four = [0, 1, 2, 3].map((part) => value(inputs.map((_, i) => `loaded${i}[${part}]`))).join(', ');
  return {
    bindings,
    functions:
      `${elementAt}\nfn vectorAt(at: u32) -> vec4<${scalar}> {\n${loads.join('\n')}\n  return ` +
      `vec4<${scalar}>(${four});\n}`,
    loop: BY_FOURS,
  };
}

const isVector = ({ dtype, single }: ElementInput, vectorised: boolean): boolean =>
  vectorised && !single && !isPacked(dtype);

function elementOf(input: ElementInput, i: number, vectorised: boolean): string {
  if (input.single) return bitsAt(input.dtype, `operand${i}`, '0u');
  return isVector(input, vectorised) ? `operand${i}[at >> 2u][at & 3u]` : bitsAt(input.dtype, `operand${i}`, 'at');
}

/** Four neighbours as a vector. */
function fourOf(input: ElementInput, i: number): string {
  const type = `vec4<${computedType(input.dtype)}>`;
  if (input.single) return `${type}(${bitsAt(input.dtype, `operand${i}`, '0u')})`;
  if (isVector(input, true)) return `operand${i}[at >> 2u]`;
  return `${type}(${[0, 1, 2, 3].map((part) => bitsAt(input.dtype, `operand${i}`, `at + ${part}u`)).join(', ')})`;
}
