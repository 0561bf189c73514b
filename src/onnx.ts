// ONNX models, on Node.
export * from './onnx/surface.ts';
