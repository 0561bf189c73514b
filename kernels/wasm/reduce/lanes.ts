// The reduce kernel along the innermost axis: a result combines eight lanes in the order of kernels/js/reduce.ts.
import type { Reduction } from '../../js/reduce.ts';
import {
  i32,
  ModuleBuilder,
  sequence,
  set,
  v128,
  when,
  whenElse,
  whileTrue,
  type Expr,
  type Local,
  type Statement,
} from '../code/assembler.ts';
import { LANE_COUNT, loadElements, SIZE_BYTES, type Width } from '../code/elements.ts';
import { Mapping, reduceFields, type ReducedForm, type ReduceForm, storeTotal } from './form.ts';
import { VectorAlgebra, type Vector } from '../code/vector-algebra.ts';

/** An operand in a kernel. */
interface Source extends ReducedForm {
  readonly k: number;
  readonly lanes: ReduceForm['lanes'];
  readonly base: Local<'i32'>;
  readonly outerBytes: Local<'i32'>;
  readonly at: Local<'i32'>;
  /** Its one element for a result, in every lane. */
  readonly fixed: Local<'v128'> | undefined;
}

/** The module; its one export, `reduce`, follows the kernel ABI. */
export function lanesModule(reduction: Reduction, form: ReduceForm): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder({ memory: form.memory });
  const f = module.function({ export: 'reduce', params: ['i32', 'i32', 'i32'] });
  const [params, result, end] = f.params;
  const [left, count, resumes, pauses] = [f.local('i32'), f.local('i32'), f.local('i32'), f.local('i32')];
  const lanes = Array.from({ length: 8 / LANE_COUNT[form.lanes] }, () => f.local('v128'));
  const m = new VectorAlgebra(module, f, form.lanes);
  const mapping = form.mapping && new Mapping(form.mapping, m, form.lanes, module, f);
  const operands = [...form.operands, ...form.perResult].map((operand, k): Source => ({
    ...operand,
    k,
    lanes: mapping !== undefined && k < form.operands.length ? 'f32x4' : form.lanes,
    base: f.local('i32'),
    outerBytes: f.local('i32'),
    at: f.local('i32'),
    fixed: operand.varies ? undefined : f.local('v128'),
  }));
  const [round, tail] = rounds(reduction, form, m, mapping, operands, lanes, left);
  const identity = m.constant(form.identity);
  const total = joined(m, lanes, 16 / LANE_COUNT[form.lanes], (a, b) => reduction.combine.body(m, a, b));
  const out = i32.add(i32.load(params, reduceFields.out), i32.mul(result, SIZE_BYTES[form.result]));
  const finish = storeTotal(m, reduction, form, total, params, out, 'one');
  const totals = i32.load(params, reduceFields.totals);
  f.body(
    ...m.prologue,
    ...(mapping?.prologue ?? []),
    set(count, i32.load(params, reduceFields.count)),
    set(resumes, i32.load(params, reduceFields.resumes)),
    set(pauses, i32.load(params, reduceFields.pauses)),
    ...operands.flatMap(({ k, base, outerBytes }) => [
      set(base, i32.load(params, reduceFields.address(k))),
      set(outerBytes, i32.load(params, reduceFields.outerBytes(k))),
    ]),
    whileTrue(
      i32.ltS(result, end),
      set(left, count),
      ...operands.map(({ base, outerBytes, at }) => set(at, i32.add(base, i32.mul(outerBytes, result)))),
      ...lanes.map((lane) => set(lane, identity)),
      when(resumes, ...lanes.map((lane, i) => set(lane, v128.load(totals, 16 * i)))),
      ...operands.flatMap(({ type, lanes: width, at, fixed }) =>
        fixed === undefined ? [] : [set(fixed, loadElements(width, type, at, 'one'))],
      ),
      whileTrue(i32.geS(left, 8), round),
      ...tail,
      whenElse(
        pauses,
        lanes.map((lane, i) => v128.store(totals, lane, 16 * i)),
        [finish],
      ),
      set(result, i32.add(result, 1)),
    ),
  );
  return module.encode();
}

/** Eight elements onto the lanes, and the up to seven that are left. */
function rounds(
  reduction: Reduction,
  form: ReduceForm,
  m: VectorAlgebra,
  mapping: Mapping | undefined,
  operands: readonly Source[],
  lanes: readonly Local<'v128'>[],
  left: Local<'i32'>,
): [Statement, Statement[]] {
  const width = LANE_COUNT[form.lanes];
  const sources = operands.slice(0, form.operands.length);
  const extras = operands.slice(form.operands.length).map(({ fixed }) => fixed as Vector);
  /** x of some elements from r on. */
  const read = (r: number, part: Width): Vector[] => {
    const loaded = sources.map(
      ({ type, lanes: loadLanes, at, fixed }): Expr<'v128'> =>
        fixed ?? loadElements(loadLanes, type, at, part, r * SIZE_BYTES[type]),
    );
    return mapping?.vectors(loaded, part === 'one' ? 1 : 4) ?? [m.keep(loaded[0]!)];
  };
  const combined = (lane: Vector, x: Vector): Vector =>
    reduction.combine.body(m, lane, reduction.body.body(m, x, ...extras));
  for (let r = 0; r < 8;) {
    for (const x of read(r, 'all')) {
      const lane = lanes[r / width]!;
      m.emit(set(lane, combined(lane, x)));
      r += width;
    }
  }
  const advance = sources.flatMap(({ varies, type, at }) =>
    varies ? [set(at, i32.add(at, 8 * SIZE_BYTES[type]))] : [],
  );
  const round = sequence(...m.drain(), ...advance, set(left, i32.sub(left, 8)));
  const tail = Array.from({ length: 7 }, (_, r) => {
    const lane = lanes[Math.floor(r / width)]!;
    const next = combined(lane, read(r, 'one')[0]!);
    return when(
      i32.gtS(left, r),
      ...m.drain(),
      set(lane, v128.bitselect(next, lane, m.bits(laneMask(r % width, 16 / width)))),
    );
  });
  return [round, tail];
}

/** All ones in one lane. */
function laneMask(lane: number, sizeBytes: number): Uint8Array {
  return new Uint8Array(16).fill(255, lane * sizeBytes, (lane + 1) * sizeBytes);
}

/** ((0+4)+(2+6))+((1+5)+(3+7)) in lane 0: halves of the vectors, then halves of the vector. */
function joined(
  m: VectorAlgebra,
  lanes: readonly Vector[],
  laneBytes: number,
  combine: (a: Vector, b: Vector) => Vector,
): Vector {
  let vectors = lanes;
  while (vectors.length > 1) {
    const half = vectors.length / 2;
    vectors = vectors.slice(0, half).map((vector, i) => combine(vector, vectors[i + half]!));
  }
  let total = vectors[0]!;
  for (let shift = 8; shift >= laneBytes; shift /= 2) {
    const order = Array.from({ length: 16 }, (_, i) => (i + shift) % 16);
    total = combine(total, m.keep(v128.shuffle(total, total, order)));
  }
  return total;
}
