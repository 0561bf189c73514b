// Exchange with other programs: tensors as files and columns that they read and write.
export { decodeSafetensors, encodeSafetensors } from './interchange/safetensors.ts';
export type {
  SafetensorsContent,
  SafetensorsFile,
  SafetensorsOptions,
  StoredTensor,
} from './interchange/safetensors.ts';
