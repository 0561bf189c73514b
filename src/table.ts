// Tables, on Node: columns of files as tensors.
export * from './table/surface.ts';
