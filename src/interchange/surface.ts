// What both entries of the interchange export.
export { decodeSafetensors, encodeSafetensors } from './safetensors.ts';
export type { SafetensorsContent, SafetensorsFile, SafetensorsOptions, StoredTensor } from './safetensors.ts';
export { fromArrow, toArrow } from './arrow.ts';
export type { ArrowColumn, ArrowModule, ArrowOptions } from './arrow.ts';
