// GPUBuffers as operands and results: tensors over buffers of other WebGPU code, and buffers for it.
import type { BufferSharing } from '../backend/device.ts';
import { AttributeError, ShapeError, SourceError, UnavailableError } from '../errors.ts';
import { type Value, valueOf } from '../tensor/block.ts';
import { type DType, parseDType } from '../tensor/dtype.ts';
import { checkShape } from '../tensor/shape.ts';
import { tensorType } from '../tensor/type.ts';
import type { Core } from './core.ts';

/** Whether a value is a GPUBuffer. Known by its members: Node has no such class of its own. */
export const isGpuBuffer = (value: unknown): value is GPUBuffer =>
  typeof value === 'object' && value !== null && 'mapAsync' in value && 'mapState' in value && 'usage' in value;

/** The device whose buffers a sheet shares, which says itself where it was lost. Throws an UnavailableError that says what is missing. */
export function sharingOf({ dispatcher, absentDevices }: Core): BufferSharing {
  const sharing = dispatcher.devices.find((device) => device.sharing !== undefined)?.sharing;
  if (sharing !== undefined) return sharing;
  const why = absentDevices.find(({ name }) => name === 'webgpu')?.detail ?? 'none was looked for; name "webgpu" in the devices option';
  throw new UnavailableError(`This sheet has no GPU: ${why}.`, { device: 'webgpu' });
}

/** A value over a buffer that stays the caller's. */
export function valueOfBuffer(core: Core, buffer: GPUBuffer, shape: readonly number[] | undefined, { dtype = 'float32', own = false }: { readonly dtype?: DType; readonly own?: boolean }): Value {
  if (shape === undefined) throw new ShapeError('tensor: a GPUBuffer has no shape; give one: sheet.tensor(buffer, [rows, columns]).', {});
  if (own) throw new AttributeError('tensor: a GPUBuffer is never copied; leave own out.', { option: 'own' });
  if (core.settings.policy.finiteInputs !== undefined) {
    throw new SourceError('tensor: the policy looks at the elements of inputs, and those of a GPUBuffer are not in RAM; read the buffer and pass a typed array.', { law: 'finiteInputs' });
  }
  const type = tensorType(parseDType(dtype), checkShape(shape, 'tensor'));
  return valueOf(type, sharingOf(core).adopt(buffer, type));
}
