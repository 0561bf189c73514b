// ONNX models: what people import.
export { loadOnnx, onnxProgram, runOnnx } from './program.ts';
export type { OnnxOptions, OnnxProgram } from './program.ts';
export type { OnnxBody, OnnxOperator, OperatorContext, OperatorInput } from './context.ts';
export type {
  AttributeReference,
  OnnxAttribute,
  OnnxFunction,
  OnnxGraph,
  OnnxModel,
  OnnxNode,
  OnnxPort,
} from './model.ts';
export type { ExternalData, OnnxTensor } from './protobuf.ts';
