// What systems and users build on: ops and dtypes of their own, nodes, and the interfaces that others implement.
export { defineOp } from './core/ops/own/define-op.ts';
export type {
  ElementwiseDefinition,
  OpArray,
  OpDefinition,
  OperandDefinition,
  OpHandle,
  OpTask,
  ReferenceDefinition,
  TestDefinition,
} from './core/ops/own/define-op.ts';
export type { AttributeKind, AttributeSpec, AttributeValues, LawName } from './core/ops/define.ts';
export type { AttributeValue } from './core/ops/attribute-values.ts';
export type { OperandKind } from './core/ops/kinds.ts';
export { ONNX_BINARY, ONNX_FOLDED, ONNX_UNARY } from './core/ops/mapping/onnx.ts';
export { elementary } from './core/ops/elementary.ts';
export { elementFunctionOf } from './core/ops/element-function.ts';
export type { Algebra, Body, ElementFunction, PredicateBody, Scalar } from '../kernels/scalar/algebra.ts';
export { defineDType } from './core/tensor/define-dtype.ts';
export type { DTypeDefinition } from './core/tensor/define-dtype.ts';
export { smallFloat } from '../kernels/codecs/small-float.ts';
export type { Codec } from '../kernels/codecs/codec.ts';
export type { DType, TypedArray } from './core/tensor/dtype.ts';
export type { Shape } from './core/tensor/shape.ts';
export type { TensorType } from './core/tensor/type.ts';
export { isReentered } from './core/inputs/roots.ts';
export { callsOf, nodeOf, shorten, tensorOf } from './core/handle/nodes.ts';
export { addPullback, pullbackOf } from './core/ops/pullbacks/index.ts';
export { noneOf, pulledBack, seedOf, stackedOf } from './core/ops/pullbacks/backward.ts';
export type { GraphNode } from './core/ops/pullbacks/backward.ts';
export type { Pullback, Pulling } from './core/ops/pullbacks/pullback.ts';
export type { Called, Calls, Composite, Expansion } from './core/ops/composite.ts';
export { DTYPES, isFloat, numbersOf } from './core/tensor/dtype.ts';
export { rangeOf } from './core/tensor/range.ts';
export { Node, nodeAuthor, semanticsOf } from './core/expr/node.ts';
export type { Author, Semantics } from './core/expr/node.ts';
export { canonicalise } from './core/expr/canonicalise.ts';
export type { Argument } from './core/expr/canonicalise.ts';
export { runProgram } from './core/executor.ts';
export type { Executor, Program, ResultType } from './core/executor.ts';
export type { Device, DeviceMemory, DeviceReport, Promptness, Refusal, Task } from './core/device/device.ts';
export type { Digest } from './core/env.ts';
export { digestFromHex, toHex } from './core/fingerprint/digest.ts';
export { contained } from './core/store/contained.ts';
export { deadline } from './core/store/deadline.ts';
export { plainStore } from './core/store/plain-store.ts';
export { RamStore } from './core/store/ram-store.ts';
export { readonly } from './core/store/readonly.ts';
export { singleFlight } from './core/store/single-flight.ts';
export { tiered } from './core/store/tiered.ts';
export { faultOfStored, verified } from './core/store/verified.ts';
export type {
  Key,
  Store,
  Stored,
  StoredCosts,
  StoredElements,
  StoreStats,
  StoreTrouble,
  TellTrouble,
  Worth,
} from './core/store/store.ts';
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
export { checkOptions } from './core/sheet/options.ts';
export type { OptionSpec } from './core/sheet/options.ts';
export { nearest } from './core/ops/suggestions.ts';
export { alignColumns, describe, INSPECT } from './core/text.ts';
