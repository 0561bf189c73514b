// Bind groups of one epoch, made once for the same buffers: making one costs several times what the rest of a dispatch
// does.

/** Kept at most; a program that alternates among more pays for all of them again. */
const LIMIT = 4096;

/** What a buffer is known by, and the groups it is in. */
interface Bound {
  readonly id: number;
  readonly keys: string[];
}

/**
 * Groups by layout and buffers. Of a buffer that is larger than a binding may be, as much is bound as may be: a tensor
 * in it is no larger.
 */
export class BindGroups {
  readonly #device: GPUDevice;
  readonly #maxBytes: number;
  readonly #groups = new Map<string, GPUBindGroup>();
  #bound = new WeakMap<GPUBuffer | GPUBindGroupLayout, Bound>();
  #ids = 0;

  constructor(device: GPUDevice) {
    this.#device = device;
    this.#maxBytes = Math.floor(device.limits.maxStorageBufferBindingSize / 16) * 16;
  }

  /**
   * The group of storage buffers in their order and, where there is one, a uniform after them, whose offset is dynamic.
   */
  of(layout: GPUBindGroupLayout, buffers: readonly GPUBuffer[], uniform?: GPUBufferBinding): GPUBindGroup {
    let key = `${this.#of(layout).id}`;
    for (const buffer of buffers) key += `,${this.#of(buffer).id}`;
    if (uniform !== undefined) key += `,${this.#of(uniform.buffer).id} ${uniform.size}`;
    return this.#groups.get(key) ?? this.#make(key, layout, buffers, uniform);
  }

  /** Lets go of a buffer that nobody uses any more. */
  forget(buffer: GPUBuffer): void {
    for (const key of this.#bound.get(buffer)?.keys ?? []) this.#groups.delete(key);
    this.#bound.delete(buffer);
  }

  #make(
    key: string,
    layout: GPUBindGroupLayout,
    buffers: readonly GPUBuffer[],
    uniform: GPUBufferBinding | undefined,
  ): GPUBindGroup {
    if (this.#groups.size >= LIMIT) {
      this.#groups.clear();
      this.#bound = new WeakMap();
      return this.of(layout, buffers, uniform);
    }
    const entries = buffers.map((buffer, binding): GPUBindGroupEntry => ({
      binding,
      resource: { buffer, size: Math.min(buffer.size, this.#maxBytes) },
    }));
    if (uniform !== undefined)
      entries.push({ binding: buffers.length, resource: { buffer: uniform.buffer, size: uniform.size as number } });
    const group = this.#device.createBindGroup({ layout, entries });
    this.#groups.set(key, group);
    for (const buffer of buffers) this.#of(buffer).keys.push(key);
    return group;
  }

  #of(object: GPUBuffer | GPUBindGroupLayout): Bound {
    let bound = this.#bound.get(object);
    if (bound === undefined) this.#bound.set(object, (bound = { id: ++this.#ids, keys: [] }));
    return bound;
  }
}
