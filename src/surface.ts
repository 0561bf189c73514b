// What every entry exports besides its SymbolicSheet. Short and deliberate; internal files do not import from here.
/// <reference lib="esnext.disposable" preserve="true" />
export { PendingTensor, Tensor } from './sheet/tensor.ts';
export type { OpenOptions, TensorOptions, TraceOptions, ViewOptions } from './sheet/options.ts';
export type { Sheet } from './sheet/sheet.ts';
export type { ForeignTensor, OpName, Operand } from './sheet/methods.gen.ts';
export type { SheetTrace } from './sheet/trace.ts';
export type { BytesOptions, SaveOptions, SaveReport } from './trace/save.ts';
export { Explanation } from './sheet/explain.ts';
export type { ExplainedOp } from './sheet/explain.ts';
export type { SheetStats } from './sheet/stats.ts';
export type { Memo, MemoOptions } from './sheet/memo/memo.ts';
export { diffTraces } from './trace/diff.ts';
export type { TraceDifference } from './trace/diff.ts';
export type { Annotation, ProgramEvent } from './events.ts';
export { decodeNpy, encodeNpy } from './tensor/npy.ts';
export type { DType, TypedArray } from './tensor/dtype.ts';
export type { Shape } from './tensor/shape.ts';
export type { NumericsClass } from './events.ts';
export type { DeviceReport } from './backend/device.ts';
export type { LawSet } from './policy/laws.ts';
export {
  AbortedError, AttributeError, ClosedError, DeviceLostError, DTypeError, FormatError, LimitError, NumericError, PolicyError, ShapeError, SheetError, SourceError, UnavailableError, UnknownOpError,
} from './errors.ts';

// Names of the platform that the types of a program may lack (no lib.dom, no @webgpu/types); where it has them, nothing is added.
declare global {
  interface AbortSignal {}
  interface GPUBuffer {}
  interface GPUDevice {}
}
