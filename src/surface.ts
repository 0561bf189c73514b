// What every entry exports besides its SymbolicSheet. Short and deliberate; internal files do not import from here.
/// <reference lib="esnext.disposable" preserve="true" />
export { PendingTensor, Tensor } from './core/handle/tensor.ts';
export type { TraceOptions, ViewOptions } from './core/engine/settings.ts';
export type { EventFeed, EventOptions } from './core/sheet/event-feed.ts';
export type { OpenOptions } from './core/sheet/open-options.ts';
export type { TensorOptions } from './core/sheet/options.ts';
export type { Sheet } from './core/sheet/sheet.ts';
export type { ForeignTensor, OpName, Operand } from './core/handle/methods.gen.ts';
export type { SheetTrace } from './core/sheet/trace.ts';
export type { BytesOptions, SaveOptions, SaveReport } from './core/trace/save.ts';
export { Explanation } from './core/engine/explain.ts';
export type { ExplainedOp } from './core/engine/explain.ts';
export type { SheetStats } from './core/sheet/stats.ts';
export type { Memo, MemoOptions } from './core/memo/memo.ts';
export { diffTraces } from './core/trace/diff.ts';
export type { TraceDifference } from './core/trace/diff.ts';
export type { Annotation, ProgramEvent, SheetEvent } from './core/events.ts';
export { decodeNpy, encodeNpy } from './core/tensor/npy.ts';
export type { DType, TypedArray } from './core/tensor/dtype.ts';
export type { Shape } from './core/tensor/shape.ts';
export type { NumericsClass } from './core/events.ts';
export type {
  Device,
  DeviceLoss,
  DeviceMemory,
  DeviceReport,
  Promptness,
  Refusal,
  Task,
} from './core/device/device.ts';
export type { LawSet } from './core/policy/laws.ts';
export {
  AbortedError,
  AttributeError,
  ClosedError,
  DeviceLostError,
  DTypeError,
  FormatError,
  LimitError,
  NumericError,
  PolicyError,
  ShapeError,
  SheetError,
  SourceError,
  UnavailableError,
  UnknownOpError,
} from './core/errors.ts';

// Names of the platform that the types of a program may lack (no lib.dom, no @webgpu/types); where it has them, nothing
// is added.
declare global {
  interface AbortSignal {}
  interface GPUBuffer {}
  interface GPUDevice {}
}
