// What variants of a kernel are tried in: scratch buffers on the device. Types only.
import type { Plan } from '../../../../../kernels/wgsl/launch.ts';

/** Scratch buffers on the device, for trials. */
export interface TrialBuffers {
  /**
   * Opens operands of so many float32 elements, each filled with its pattern repeated from the first element on, and a
   * result.
   */
  open(operandElements: readonly number[], resultElements: number, patterns: readonly Float32Array[]): Promise<Trial>;
}

/** Open scratch buffers. */
export interface Trial {
  /**
   * Computes a plan so many times in one submission; resolves when the device is done, with its own measure of the
   * nanoseconds of all of them where it has one (`timestamp-query`). Rejects with code `KERNEL` when the plan is
   * invalid, with a DeviceLostError when the device is gone.
   */
  run(plan: Plan, times: number): Promise<number | undefined>;
  /** Zeroes the result, so that nothing of another plan is left in it. */
  clear(): void;
  /** Elements of the result that the last plan wrote. */
  read(first: number, count: number): Promise<Float32Array>;
  close(): void;
}
