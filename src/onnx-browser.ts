// ONNX models, in a page.
import './ops.ts';

export * from './onnx/surface.ts';
