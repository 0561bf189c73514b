// A device of a program's own in forty lines: it adds float32 vectors in a loop of its own, and says why it does
// nothing else.
import type { Device, Refusal, Task } from 'symbolic-sheet/kit';

/** Adds. */
export class AddingDevice implements Device {
  readonly name = 'adder';
  readonly detail = 'adds float32 tensors of one shape';
  readonly exact = true;
  /** Tasks that it computed. */
  runs = 0;

  supports({ row, operands: [x, y], type }: Task): true | Refusal {
    if (row.name !== 'add') return 'it adds, and nothing else';
    if (type.dtype !== 'float32') return 'it adds float32 alone';
    return (x?.type.size === type.size && y?.type.size === type.size) || 'it adds operands of one shape';
  }

  estimateNs({ type }: Task): number {
    return 500 + type.size;
  }

  run({ operands }: Task, out: { readonly array: ArrayLike<unknown> }): void {
    const [x, y, sum] = [operands[0]?.array, operands[1]?.array, out.array] as [
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    for (let i = 0; i < sum.length; i++) {
      const element = x[i]! + y[i]!;
      // Class exact knows one NaN.
      sum[i] = element === element ? element : Number.NaN;
    }
    this.runs++;
  }

  close(): void {}
}
