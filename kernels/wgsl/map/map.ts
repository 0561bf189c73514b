// The map skeleton on a GPU: which kernel a map takes, and with which parameters.
import type { ElementFunction } from '../../scalar/algebra.ts';
import { scalar } from '../../scalar/algebra.ts';
import { broadcastStrides, collapse, elementCount, rowMajorStrides, type LoopNest } from '../../strides.ts';
import { elementDomain } from './element.ts';
import { type GpuLimits, linearWorkgroups, type Plan, type Shader, WORKGROUP_SIZE } from '../launch.ts';
import { type Access, isPlaced, type MapShaderForm, mapShader } from './shader.ts';
import { codecLayout, roundsIntegersOnce } from '../text/codec.ts';
import { computedType, type GpuDType, isDecoded, isGpuDType, isPacked, bufferBytes } from '../text/storage.ts';

/** A row-major tensor of a GPU plan; dtypes that a GPU does not hold make the plan undefined. */
export interface Typed {
  readonly dtype: string;
  readonly shape: readonly number[];
}

/** A view of one; row-major from 0 where nothing else is said, strides and offset in elements. */
interface MapOperand extends Typed {
  readonly strides?: readonly number[];
  readonly offset?: number;
}

/** What a WebGPU device lets a shader bind at least: eight buffers, one of them the result. */
const MAX_OPERANDS = 7;
/** Indices are 32-bit, and so are addresses of elements in bytes. */
const MAX_ELEMENTS = 2 ** 31;

/**
 * out[i] = fn(operands[i]…) over broadcast operands, as `map` of the CPU; undefined where it has no WGSL form or does
 * not fit the limits.
 */
export function planMapShader(
  fn: ElementFunction,
  operands: readonly MapOperand[],
  out: Typed,
  limits: GpuLimits,
): Plan | undefined {
  if (
    operands.length > MAX_OPERANDS ||
    operands.length === 0 ||
    ![...operands, out].every((tensor) => fits(tensor, limits))
  )
    return undefined;
  const dtypes = operands.map(({ dtype }) => dtype as GpuDType);
  const domain = elementDomain(fn.returns, dtypes, out.dtype as GpuDType);
  if (domain === undefined) return undefined;
  const nest = collapse({
    shape: out.shape,
    strides: operands.map(({ shape, strides }) =>
      broadcastStrides(shape, strides ?? rowMajorStrides(shape), out.shape),
    ),
  });
  return planNest(fn, {
    nest,
    offsets: operands.map(({ offset }) => offset ?? 0),
    dtypes,
    domain,
    out: out.dtype as GpuDType,
    store: 'map',
  });
}

/**
 * The elements of a tensor in another dtype: floats truncate and wrap in integers, NaN gives 0, anything but 0 is true.
 */
export function planCast(operand: Typed, dtype: string, limits: GpuLimits): Plan | undefined {
  if (!fits(operand, limits) || !fits({ dtype, shape: operand.shape }, limits)) return undefined;
  const from = operand.dtype as GpuDType;
  const [layout, isWide] = [codecLayout(dtype), computedType(from) !== 'f32' && !isPacked(from)];
  if (layout !== undefined && isWide && !roundsIntegersOnce(layout)) return undefined;
  const domain = isDecoded(from) ? 'float32' : from;
  const nest = collapse({ shape: operand.shape, strides: [rowMajorStrides(operand.shape)] });
  return planNest(IDENTITY, { nest, offsets: [0], dtypes: [from], domain, out: dtype as GpuDType, store: 'recast' });
}

/** x. */
export const IDENTITY: ElementFunction = scalar('identity', 1, (_m, x) => x);

/** Whether a tensor may be a buffer of a plan. */
export function fits({ dtype, shape }: Typed, limits: GpuLimits): boolean {
  const count = elementCount(shape);
  return (
    isGpuDType(dtype) &&
    count > 0 &&
    count < MAX_ELEMENTS &&
    bufferBytes(dtype, count) <= limits.maxStorageBufferBindingSize
  );
}

/** A collapsed loop nest with what is read and written in it. */
interface NestSpec {
  readonly nest: LoopNest;
  /** First element of every operand. */
  readonly offsets: readonly number[];
  readonly dtypes: readonly GpuDType[];
  readonly domain: GpuDType;
  readonly out: GpuDType;
  readonly store: MapShaderForm['store'];
}

/** The plan of a map over any strides. */
export function planNest(fn: ElementFunction, spec: NestSpec): Plan | undefined {
  const { nest, offsets, dtypes, domain, out, store } = spec;
  const rank = nest.shape.length;
  const inner = nest.shape[rank - 1]!;
  const accesses = (sharedRow: boolean): Access[] =>
    nest.strides.map((strides, k) => accessOf(nest.shape, strides, offsets[k]!, sharedRow));
  const tail = inner % 4 !== 0;
  const sharedRow = !tail || (rank === 1 && !accesses(true).includes('elements'));
  const operands = accesses(sharedRow).map((access, k) => ({ dtype: dtypes[k]!, access }));
  const shader = shaderOf(fn, { domain, operands, out, rank, sharedRow, store });
  if (shader === undefined) return undefined;
  const count = elementCount(nest.shape);
  const vectors = Math.ceil(count / 4);
  const placed = operands.flatMap(({ access }, k) => (isPlaced(access) ? [offsets[k]!, ...nest.strides[k]!] : []));
  const params = Uint32Array.from(
    placed.length === 0 ? [0, vectors] : [0, vectors, count - 1, ...nest.shape.slice(1), ...placed],
    (x) => x >>> 0,
  );
  return {
    launches: [
      {
        shader,
        buffers: Array.from({ length: dtypes.length + 1 }, (_, i) => i),
        params,
        workgroups: linearWorkgroups(Math.ceil(vectors / WORKGROUP_SIZE)),
      },
    ],
    scratch: [],
  };
}

function accessOf(shape: readonly number[], strides: readonly number[], offset: number, sharedRow: boolean): Access {
  const last = strides.length - 1;
  const dense = rowMajorStrides(shape);
  if (offset === 0 && strides.every((stride, axis) => stride === dense[axis])) return 'dense';
  if (offset === 0 && strides.every((stride) => stride === 0)) return 'single';
  if (!sharedRow) return 'elements';
  if (strides[last] === 0) return 'repeat';
  const aligned = offset % 4 === 0 && strides.every((stride, axis) => axis === last || stride % 4 === 0);
  return strides[last] === 1 && aligned ? 'vector' : 'elements';
}

const shaders = new WeakMap<ElementFunction, Map<string, Shader | undefined>>();

/** The kernel of a form, made once: devices know what they compiled by its identity. */
function shaderOf(fn: ElementFunction, form: MapShaderForm): Shader | undefined {
  const forms = shaders.get(fn) ?? new Map<string, Shader | undefined>();
  shaders.set(fn, forms);
  const placed = form.operands.some(({ access }) => isPlaced(access));
  const key = [
    form.domain,
    form.out,
    form.store,
    ...form.operands.map(({ dtype, access }) => `${dtype}/${access}`),
    ...(placed ? [form.rank, form.sharedRow] : []),
  ].join();
  if (!forms.has(key)) forms.set(key, mapShader(fn, form));
  return forms.get(key);
}
