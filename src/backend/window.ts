// Copying a strided window into row-major order.
import { collapse, forEachRow } from '../../kernels/strides.ts';
import type { Window } from '../ops/define.ts';

type Elements = ArrayLike<unknown> & { set(source: never, offset?: number): void; subarray(start: number, end: number): unknown; [index: number]: unknown };

/** Fills `out` with the window's elements; runs of adjacent elements are copied whole. */
export function copyWindow(from: object, window: Window, out: object): void {
  const [source, target] = [from as Elements, out as Elements];
  if (target.length === 0) return;
  const nest = collapse({ shape: window.shape, strides: [window.strides] });
  const last = nest.shape.length - 1;
  const length = nest.shape[last] ?? 1;
  const step = nest.strides[0]?.[last] ?? 0;
  forEachRow(nest, [window.offset], (offsets, row) => {
    const start = offsets[0] as number;
    const at = row * length;
    if (step === 1) target.set(source.subarray(start, start + length) as never, at);
    else for (let i = 0; i < length; i++) target[at + i] = source[start + i * step];
  });
}
