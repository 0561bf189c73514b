// The public surface, on Node. Short and deliberate; internal files do not import from here.
import { openSheet } from './sheet/open.ts';
import { nodeHost } from './host/node-host.ts';
import { nodeDevices } from './host/node-devices.ts';
import { Sheet } from './sheet/sheet.ts';
import type { OpenOptions } from './sheet/options.ts';

/** A sheet: makes symbolic tensors, reuses what was computed, records what was done. */
export class SymbolicSheet extends Sheet {
  /** Opens a sheet in memory; no server, account or GPU is needed. */
  static async open(options: OpenOptions = {}): Promise<SymbolicSheet> {
    return openSheet(SymbolicSheet, await nodeHost(), options, nodeDevices);
  }
}

export { PendingTensor, Tensor } from './sheet/tensor.ts';
export type { OpenOptions, TraceOptions, ViewOptions } from './sheet/options.ts';
export type { TensorOptions } from './sheet/sheet.ts';
export type { OpName, Operand } from './sheet/methods.gen.ts';
export type { DType, TypedArray } from './tensor/dtype.ts';
export type { Shape } from './tensor/shape.ts';
export type { NumericsClass } from './events.ts';
export type { LawSet } from './policy/laws.ts';
export {
  AbortedError, AttributeError, ClosedError, DTypeError, FormatError, LimitError, NumericError, PolicyError, ShapeError, SheetError, SourceError, UnavailableError, UnknownOpError,
} from './errors.ts';
