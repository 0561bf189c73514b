// One way from the skeleton of a task's row to the kernels that compute it on a GPU.
import type { GpuLimits, Plan } from '../../../kernels/wgsl/launch.ts';
import type { Task } from '../device.ts';

/** The launches of a task, or undefined where there are none for its op, dtypes or shapes. */
export function planTask(task: Task, limits: GpuLimits): Plan | undefined {
  return limits === undefined || task === undefined ? undefined : undefined;
}
