// The conformance suites: what a store, a device or an executor of your own passes, as named cases for any runner of
// tests.
export { ConformanceError } from './testing/case.ts';
export type { ConformanceCase } from './testing/case.ts';
export { deviceConformance } from './testing/device.ts';
export type { DeviceExpectations } from './testing/device.ts';
export { storeConformance } from './testing/store.ts';
export type { StoreExpectations } from './testing/store.ts';
export type { Digest } from './core/fingerprint/digest.ts';
export { executorConformance } from './testing/executor.ts';
