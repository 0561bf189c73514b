// What a GPU kernel is, as plain data: WGSL text, the buffers it binds, its parameters. A device compiles and runs it.

/**
 * A compute shader with the entry point `main`. Devices keep what they compile by this object's identity: make it once.
 */
export interface Shader {
  /** Names it in errors and captures. */
  readonly name: string;
  /**
   * WGSL with its bindings (`@group(0) @binding(0)`, `1`, … storage buffers in the order of `bindings`) and without a
   * declaration of `params`, which the device adds: immediates where it has them, else a uniform buffer.
   */
  readonly code: string;
  readonly bindings: readonly ('read' | 'write')[];
  /** Fields of `params`, 32-bit scalars: `rows: u32`. Empty where the shader takes none. */
  readonly params: readonly string[];
  /** Optional features it needs. */
  readonly features?: readonly GpuFeature[];
}

type GpuFeature = 'shader-f16' | 'subgroups' | 'chromium-experimental-subgroup-matrix';

/** One dispatch of a plan. */
export interface Launch {
  readonly shader: Shader;
  /** Per binding an index into [operands…, result, scratch…]. */
  readonly buffers: readonly number[];
  /** Per field of `params` its 32 bits. */
  readonly params: Uint32Array;
  /** Each at most 65,535, which every device takes. */
  readonly workgroups: readonly [number, number, number];
}

/** Dispatches that compute one task, in order; each sees what those before it wrote. */
export interface Plan {
  readonly launches: readonly Launch[];
  /** Bytes of each scratch buffer, undefined contents. */
  readonly scratch: readonly number[];
}

/** What kernels may use of a device. */
export interface GpuLimits {
  readonly maxComputeInvocationsPerWorkgroup: number;
  readonly maxComputeWorkgroupStorageSize: number;
  readonly maxStorageBufferBindingSize: number;
  readonly features: ReadonlySet<string>;
}

/** Threads of a workgroup where the shape of the problem asks for nothing else. */
export const WORKGROUP_SIZE = 64;

/** So many workgroups as two dimensions of at most 65,535; `LINEAR_WORKGROUP` numbers them again. */
export function linearWorkgroups(count: number): [number, number, number] {
  if (count <= 65535) return [count, 1, 1];
  const rows = Math.ceil(count / 65535);
  return [Math.ceil(count / rows), rows, 1];
}

/** Parameters of a `main` that numbers its workgroups with `LINEAR_WORKGROUP`. */
export const LINEAR_BUILTINS =
  '@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>, ' +
  '@builtin(local_invocation_index) thread: u32';

/** Number of the workgroup in a dispatch of `linearWorkgroups`; may run past the count. */
export const LINEAR_WORKGROUP = '(workgroup.y * workgroups.x + workgroup.x)';

/** The 32 bits of a float parameter. */
export function floatBits(value: number): number {
  SCRATCH_FLOAT[0] = value;
  return SCRATCH_BITS[0]!;
}

const SCRATCH_FLOAT = new Float32Array(1);
const SCRATCH_BITS = new Uint32Array(SCRATCH_FLOAT.buffer);
