// ONNX models: what people import.
export { loadOnnx, onnxProgram, runOnnx } from './program.ts';
export type { OnnxOptions, OnnxProgram } from './program.ts';
export type { OnnxOperator, OperatorContext, OperatorInput } from './context.ts';
export type { ExternalData, OnnxAttribute, OnnxModel, OnnxNode, OnnxPort, OnnxTensor } from './protobuf.ts';
