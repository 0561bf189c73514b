// Tensors made from places: constants, ranges, diagonals, triangles, one-hot rows.
import { CODECS } from '../../codecs/codecs.ts';
import { elementCount } from '../../strides.ts';
import { elementAt } from '../text/conversion.ts';
import { declareLibrary } from '../text/functions.ts';
import {
  floatBits,
  type GpuLimits,
  LINEAR_BUILTINS,
  LINEAR_WORKGROUP,
  linearWorkgroups,
  type Plan,
  type Shader,
  WORKGROUP_SIZE,
} from '../launch.ts';
import { fits, type Typed } from '../map/map.ts';
import { FILL } from '../shaders.gen.ts';
import { computedType, type GpuDType, isDecoded, isGpuDType, packVector, vectorType } from '../text/storage.ts';
import { fillTemplate } from '../text/template.ts';

/**
 * Text of one element by `i`, `row` and `column`, with what its kernel binds. The name and the width of `out` tell
 * forms apart.
 */
interface FillForm {
  readonly name: string;
  readonly out: GpuDType;
  readonly element: string;
  readonly operand?: GpuDType;
  readonly uses?: readonly string[];
}

const PARAMS = ['vectors', 'columns', 'shift', 'chosen', 'other'].map((name) => `${name}: u32`);
const shaders = new Map<string, Shader>();

function shaderOf({ name, out, element, operand, uses = [] }: FillForm): Shader {
  const key = `${name} ${vectorType(out)}`;
  const known = shaders.get(key);
  if (known !== undefined) return known;
  const lanes = [0, 1, 2, 3].map((lane) => `element(i + ${lane}u)`) as [string, string, string, string];
  const result = `var<storage, read_write> y: array<${vectorType(out)}>;`;
  const bindings =
    operand === undefined
      ? `@group(0) @binding(0) ${result}`
      : `@group(0) @binding(0) var<storage, read> x: array<u32>;\n@group(0) @binding(1) ${result}`;
  const shader: Shader = {
    name,
    bindings: operand === undefined ? ['write'] : ['read', 'write'],
    params: PARAMS,
    code: fillTemplate(FILL, {
      bindings,
      element,
      functions: declareLibrary(uses),
      store: packVector(out, lanes),
      threads: WORKGROUP_SIZE,
      builtins: LINEAR_BUILTINS,
      workgroup: LINEAR_WORKGROUP,
    }),
  };
  shaders.set(key, shader);
  return shader;
}

interface FillParams {
  readonly columns?: number;
  readonly shift?: number;
  readonly chosen?: number;
  readonly other?: number;
}

function planOf(form: FillForm, count: number, { columns = 1, shift = 0, chosen = 0, other = 0 }: FillParams): Plan {
  const vectors = Math.ceil(count / 4);
  const params = Uint32Array.from([vectors, columns, shift, chosen, other], (x) => x >>> 0);
  return {
    launches: [
      {
        shader: shaderOf(form),
        buffers: form.operand === undefined ? [0] : [0, 1],
        params,
        workgroups: linearWorkgroups(Math.ceil(vectors / WORKGROUP_SIZE)),
      },
    ],
    scratch: [],
  };
}

/** A number as an element of a dtype, as a typed array stores it. */
function bitsOf(dtype: GpuDType, value: number): number {
  if (dtype === 'float32') return floatBits(value);
  return CODECS.get(dtype)?.encode(value) ?? (dtype === 'bool' ? Number(value !== 0) : value >>> 0);
}

/** Every element is the value; no operand. */
export function planFill(out: Typed, value: number, limits: GpuLimits): Plan | undefined {
  if (!fits(out, limits)) return undefined;
  const dtype = out.dtype as GpuDType;
  return planOf({ name: 'fill', out: dtype, element: 'params.chosen' }, elementCount(out.shape), {
    chosen: bitsOf(dtype, value),
  });
}

/** Ones on the diagonal `shift` above the main one, zeros elsewhere; out of rank 2, no operand. */
export function planDiagonal(out: Typed, shift: number, limits: GpuLimits): Plan | undefined {
  if (!fits(out, limits)) return undefined;
  const dtype = out.dtype as GpuDType;
  const form: FillForm = {
    name: 'diagonal',
    out: dtype,
    element: 'select(0u, params.chosen, bitcast<i32>(column) == bitcast<i32>(row + params.shift))',
  };
  return planOf(form, elementCount(out.shape), { columns: out.shape[1]!, shift, chosen: bitsOf(dtype, 1) });
}

/**
 * The operand's last two axes on and below (`lower`) or above the diagonal `shift`, zeros elsewhere; out is of its
 * type.
 */
export function planTriangle(out: Typed, side: 'lower' | 'upper', shift: number, limits: GpuLimits): Plan | undefined {
  if (!fits(out, limits)) return undefined;
  const dtype = out.dtype as GpuDType;
  const value = elementAt(dtype === 'int8' ? 'uint8' : dtype, 'x', 'i');
  const test = `bitcast<i32>(column) ${side === 'lower' ? '<=' : '>='} bitcast<i32>(row % params.other + params.shift)`;
  const form: FillForm = {
    name: `triangle ${side}`,
    out: dtype,
    operand: dtype,
    element: `select(0u, ${value}, ${test})`,
  };
  const [rows, columns] = [out.shape.at(-2)!, out.shape.at(-1)!];
  return planOf(form, elementCount(out.shape), { columns, shift, other: rows });
}

/** For every index of the operand (an integer dtype) a row of `out`'s last axis: 1 at the index, 0 elsewhere. */
export function planOneHot(indexDType: string, out: Typed, limits: GpuLimits): Plan | undefined {
  if (!fits(out, limits) || !isGpuDType(indexDType) || computedType(indexDType) === 'f32') return undefined;
  const dtype = out.dtype as GpuDType;
  const index = elementAt(indexDType, 'x', 'row');
  // Negative indices are large as unsigned, beyond any column.
  const form: FillForm = {
    name: `one-hot ${indexDType}`,
    out: dtype,
    operand: indexDType,
    element: `select(0u, params.chosen, bitcast<u32>(${index}) == column)`,
  };
  return planOf(form, elementCount(out.shape), { columns: out.shape.at(-1)!, chosen: bitsOf(dtype, 1) });
}

/**
 * start + i · step, no operand; undefined unless every value and every product is exact, so that no order of rounding
 * matters.
 */
export function planRange(out: Typed, start: number, step: number, limits: GpuLimits): Plan | undefined {
  const count = elementCount(out.shape);
  if (!fits(out, limits) || out.dtype === 'bool' || isDecoded(out.dtype as GpuDType)) return undefined;
  const dtype = out.dtype as GpuDType;
  if (dtype === 'float32') {
    if (!exactInSingle(start, step, count)) return undefined;
    const form: FillForm = {
      name: 'float range',
      out: dtype,
      uses: ['floatOfU32'],
      element: 'bitcast<u32>(floatOfU32(i) * bitcast<f32>(params.chosen) + bitcast<f32>(params.other))',
    };
    return planOf(form, count, { chosen: floatBits(step), other: floatBits(start) });
  }
  const whole = [start, step].every((value) => Number.isInteger(value) && Math.abs(value) < 2 ** 31);
  return whole
    ? planOf({ name: 'integer range', out: dtype, element: 'params.other + i * params.chosen' }, count, {
        chosen: step,
        other: start,
      })
    : undefined;
}

/** Whether start, step and every product and sum are multiples of one power of two and below 2^24 of it. */
function exactInSingle(start: number, step: number, count: number): boolean {
  const largest = Math.abs(start) + count * Math.abs(step);
  if (largest === 0) return true;
  const quantum = 2 ** Math.max(-126, Math.ceil(Math.log2(largest)) - 24);
  return largest < 2 ** 127 && Number.isInteger(start / quantum) && Number.isInteger(step / quantum);
}
