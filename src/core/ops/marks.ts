// Ops that change no element and mark a place: what gradients begin at, and where they end.
import { makeRow, type OpRow, unaryOperands } from './define.ts';
import { first } from './infer.ts';

const mark = (name: string, doc: string): OpRow =>
  makeRow({
    name,
    doc,
    operands: unaryOperands('any'),
    flops: () => 0,
    infer: (operands) => first(operands),
    kernel: { skeleton: 'alias' },
  });

/** Rows of this family. */
export const MARKS: readonly OpRow[] = [
  mark('identity', 'x as it is, as a result of its own: rewrites do not look through it, gradients do.'),
  mark('stop_gradient', 'x as it is; gradients take it for a constant.'),
];
