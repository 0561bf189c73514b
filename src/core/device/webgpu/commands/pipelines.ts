// Compiled shaders of one epoch: explicit layouts (Dawn shares what is alike), parameters as immediates or in a
// uniform.
import type { Plan, Shader } from '../../../../../kernels/wgsl/launch.ts';
import { SheetError } from '../../../errors.ts';

const COMPUTE = 4;

/** A pipeline that is ready, and what a bind group for it needs. */
export interface Pipeline {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  readonly shader: Shader;
  /** Whether parameters go into immediates; otherwise into a uniform at the binding after the last. */
  readonly immediates: boolean;
}

/** What is not in the standard's types yet. */
interface ImmediateLimits {
  readonly maxImmediateSize?: number;
}

/** Compiles each shader once. */
export class Pipelines {
  readonly #device: GPUDevice;
  readonly #immediateBytes: number;
  readonly #ready = new WeakMap<Shader, Pipeline>();
  readonly #compiling = new Map<Shader, Promise<Pipeline>>();
  /** Shaders that do not compile here, with what was wrong. */
  readonly #refused = new WeakMap<Shader, string>();
  readonly #layouts = new Map<string, GPUBindGroupLayout>();

  constructor(device: GPUDevice) {
    this.#device = device;
    this.#immediateBytes = (device.limits as ImmediateLimits).maxImmediateSize ?? 0;
  }

  /**
   * The pipeline of a shader; a promise while it is compiled. Rejects with code `KERNEL` and the line that is wrong.
   */
  of(shader: Shader): Pipeline | Promise<Pipeline> {
    const ready = this.#ready.get(shader);
    if (ready !== undefined) return ready;
    let compiling = this.#compiling.get(shader);
    if (compiling === undefined) this.#compiling.set(shader, (compiling = this.#compile(shader)));
    return compiling;
  }

  /** The pipelines of shaders, in their order; a promise while any is compiled. */
  all(shaders: readonly Shader[]): readonly Pipeline[] | Promise<readonly Pipeline[]> {
    const pipelines = shaders.map((shader) => this.of(shader));
    return pipelines.some((pipeline) => pipeline instanceof Promise)
      ? Promise.all(pipelines.map(async (pipeline) => pipeline))
      : (pipelines as Pipeline[]);
  }

  /** Why a plan cannot run here, as far as its shaders were compiled. */
  refusal({ launches }: Plan): string | undefined {
    for (const { shader } of launches) {
      const why = this.#refused.get(shader);
      if (why !== undefined) return why;
    }
    return undefined;
  }

  async #compile(shader: Shader): Promise<Pipeline> {
    const immediates = shader.params.length * 4 <= this.#immediateBytes;
    const layout = this.#layoutOf(shader, immediates);
    const size = immediates && shader.params.length > 0 ? { immediateSize: shader.params.length * 4 } : {};
    const code = sourceOf(shader, immediates);
    this.#device.pushErrorScope('validation');
    const module = this.#device.createShaderModule({ label: shader.name, code });
    const refused = this.#device.popErrorScope();
    try {
      const made = this.#device.createComputePipelineAsync({
        label: shader.name,
        layout: this.#device.createPipelineLayout({ bindGroupLayouts: [layout], ...size }),
        compute: { module, entryPoint: 'main' },
      });
      // Both are awaited below; the one that fails second must not go unhandled.
      made.catch(() => {});
      const error = await refused;
      if (error !== null) throw this.#refuse(shader, await faultOf(module, code, error.message));
      const ready: Pipeline = { pipeline: await made, layout, shader, immediates };
      this.#ready.set(shader, ready);
      return ready;
    } catch (error) {
      throw error instanceof SheetError ? error : this.#refuse(shader, messageOf(error));
    } finally {
      this.#compiling.delete(shader);
    }
  }

  #refuse(shader: Shader, fault: string): SheetError {
    const why = `its shader "${shader.name}" does not compile on this GPU: ${fault}`;
    this.#refused.set(shader, why);
    return new SheetError('KERNEL', `WebGPU: ${why}; report this with the adapter's name.`, { shader: shader.name });
  }

  #layoutOf({ bindings, params }: Shader, immediates: boolean): GPUBindGroupLayout {
    const types = bindings.map((kind): GPUBufferBindingLayout => ({
      type: kind === 'read' ? 'read-only-storage' : 'storage',
    }));
    if (!immediates && params.length > 0) types.push({ type: 'uniform', hasDynamicOffset: true });
    const key = types.map(({ type }) => type).join();
    let layout = this.#layouts.get(key);
    if (layout === undefined) {
      layout = this.#device.createBindGroupLayout({
        entries: types.map((buffer, binding) => ({ binding, visibility: COMPUTE, buffer })),
      });
      this.#layouts.set(key, layout);
    }
    return layout;
  }
}

/**
 * A shader's text with its directives and the declaration of its parameters, as immediates or as a uniform at the
 * binding after the last.
 */
export function sourceOf({ code, features = [], params, bindings }: Shader, immediates: boolean): string {
  const enables = features
    .map((feature) => `enable ${feature === 'shader-f16' ? 'f16' : feature.replaceAll('-', '_')};\n`)
    .join('');
  if (params.length === 0) return enables + code;
  const struct = `struct Params { ${params.join(', ')} }\n`;
  return immediates
    ? `${enables}requires immediate_address_space;\n${struct}var<immediate> params: Params;\n${code}`
    : `${enables}${struct}@group(0) @binding(${bindings.length}) var<uniform> params: Params;\n${code}`;
}

/** What is wrong with a module, and where. */
async function faultOf(module: GPUShaderModule, code: string, message: string): Promise<string> {
  const { messages } = await module.getCompilationInfo();
  const first = messages.find(({ type }) => type === 'error');
  if (first === undefined) return message;
  const line = (code.split('\n')[first.lineNum - 1] ?? '').trim();
  return `line ${first.lineNum}, column ${first.linePos}: ${first.message}${line === '' ? '' : ` in \`${line}\``}`;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
