// Tables, in a page: columns of files as tensors.
import './ops.ts';

export * from './table/surface.ts';
