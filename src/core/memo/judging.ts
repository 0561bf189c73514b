// Laws on what a memoised function is given and gives: it comes from outside the sheet, so no op judges it.
import { countDenials, enforce } from '../engine/judge.ts';
import { judgeFinite, judgeSize, type NonFinite, type Verdict } from '../policy/laws.ts';
import { type Value, valueOfArray } from '../tensor/block.ts';
import { tensorType } from '../tensor/type.ts';
import { findNonFinite, type Health } from '../engine/health.ts';
import { readElements } from '../inputs/operands.ts';
import { Tensor } from '../handle/tensor.ts';
import { isOpaque } from './kinds.ts';
import { isTensorLike, part, type Path } from './leaves.ts';
import type { MemoCall } from './view.ts';

type Judged = Pick<MemoCall, 'view' | 'name'>;

/** Judges arguments, as their elements are now. */
export function judgeArguments(memo: Judged, args: readonly unknown[]): void {
  const law = memo.view.engine.parts.settings.policy.finiteInputs;
  if (law === undefined) return;
  const { skeleton, leaves } = part(args);
  judgeNumbers(memo, 'finiteInputs', law, skeleton);
  for (const { leaf } of leaves) {
    if (typeof leaf === 'bigint' || (ArrayBuffer.isView(leaf) && isOpaque(leaf))) continue;
    if (leaf instanceof Tensor && memo.view.owns(leaf)) void leaf.owner.admit(leaf.call);
    else if (!(leaf instanceof Tensor)) judgeElements(memo, 'finiteInputs', law, valueOfElements(leaf, memo.name));
  }
}

function valueOfElements(leaf: object, name: string): Value {
  const { array, dtype, shape } = readElements(leaf, `memo "${name}": arguments`);
  return valueOfArray(tensorType(dtype, shape), array);
}

/** Judges a tensor that the function gave, now or before. */
export function judgeTensor(memo: Judged, value: Value, known?: Health): void {
  const { parts } = memo.view.engine;
  if (parts.lawless) return;
  const { policy } = parts.settings;
  countDenials(parts, () => judgeSize(policy, { op: called(memo), type: value.type, seq: 0 }));
  if (policy.finite !== undefined) judgeElements(memo, 'finite', policy.finite, value, known);
}

/** Judges what a result is beside its tensors: its numbers, and arrays that no tensor stands for. */
export function judgeTree(memo: Judged, tree: unknown): void {
  const { parts } = memo.view.engine;
  if (parts.lawless) return;
  const { policy } = parts.settings;
  const { skeleton, leaves } = part(tree);
  for (const { leaf } of leaves) {
    if (ArrayBuffer.isView(leaf) && isOpaque(leaf))
      countDenials(parts, () =>
        judgeSize(policy, { op: called(memo), type: tensorType('uint8', [leaf.byteLength]), seq: 0 }),
      );
  }
  if (policy.finite !== undefined) judgeNumbers(memo, 'finite', policy.finite, skeleton);
}

const called = ({ name }: Judged): string => `memo "${name}"`;

function judgeElements(
  memo: Judged,
  law: 'finite' | 'finiteInputs',
  verdict: Verdict,
  value: Value,
  known?: Health,
): void {
  report(memo, law, verdict, findNonFinite(value, known));
}

function judgeNumbers(memo: Judged, law: 'finite' | 'finiteInputs', verdict: Verdict, tree: unknown): void {
  const found: NonFinite[] = [];
  collect(tree, [], found);
  report(memo, law, verdict, found[0] && { ...found[0], count: found.length });
}

function report(memo: Judged, law: 'finite' | 'finiteInputs', verdict: Verdict, found: NonFinite | undefined): void {
  if (found !== undefined) enforce(memo.view.engine.parts, judgeFinite(law, called(memo), 0, found), verdict);
}

function collect(value: unknown, path: Path, into: NonFinite[]): void {
  if (typeof value === 'number' && !Number.isFinite(value)) into.push({ count: 1, index: path, value });
  if (typeof value !== 'object' || value === null || isTensorLike(value)) return;
  for (const [key, item] of Object.entries(value)) collect(item, [...path, key], into);
}
