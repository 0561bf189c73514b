// Exchange with other programs, in a page: tensors as files that they read and write.
export * from './interchange/surface.ts';
