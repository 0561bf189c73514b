// Emits the map kernel of one function: elements [start, end) of a rows × length plane, in any split, to the same bits.
//
// Parameter block (i32): length of a row, address of the out, then per operand its address and its row stride in bytes.
// The out is dense. An operand is dense along the row, or one element for the whole row. Addresses may be virtual (they
// are only added to, modulo 2^32), so a chunk of a plane can be staged without telling the kernel.
import type { ElementFunction } from '../../scalar/algebra.ts';
import {
  f32x4,
  i32,
  ModuleBuilder,
  sequence,
  set,
  select,
  v128,
  whileTrue,
  type Local,
  type Statement,
} from '../code/assembler.ts';
import {
  LANE_COUNT,
  loadElements,
  SIZE_BYTES,
  storeElements,
  type ElementType,
  type WrittenType,
  type Width,
} from '../code/elements.ts';
import { VectorAlgebra, type LaneType, type Vector } from '../code/vector-algebra.ts';

/** How one operand is read. */
interface OperandForm {
  readonly type: ElementType;
  readonly along: 'dense' | 'constant';
}

/** One specialisation of a map kernel. */
export interface MapForm {
  readonly operands: readonly OperandForm[];
  readonly result: WrittenType;
  readonly lanes: LaneType;
  readonly memory: 'shared' | 'private';
}

/** Offsets in the parameter block. */
export const mapFields = {
  length: 0,
  out: 4,
  address: (operand: number): number => 8 + 8 * operand,
  rowStride: (operand: number): number => 12 + 8 * operand,
  sizeBytes: (operands: number): number => 8 + 8 * operands,
} as const;

const UNROLL = 2;

/** The module; its one export, `map`, follows the kernel ABI. */
export function mapModule(fn: ElementFunction, form: MapForm): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder({ memory: form.memory });
  const f = module.function({ export: 'map', params: ['i32', 'i32', 'i32'] });
  const [params, start, end] = f.params;
  const [length, row, column, stop, out] = [
    f.local('i32'),
    f.local('i32'),
    f.local('i32'),
    f.local('i32'),
    f.local('i32'),
  ];
  const pointers = form.operands.map(() => f.local('i32'));
  const m = new VectorAlgebra(module, f, form.lanes);
  const fixed = form.operands.map((operand) => (operand.along === 'constant' ? f.local('v128') : undefined));
  const emit = emitter(fn, form, m, { pointers, fixed, out });
  const count = LANE_COUNT[form.lanes];
  const rounds = (elements: number, width: Width): Statement => {
    const body = emit(elements, width);
    return whileTrue(i32.leS(i32.add(start, elements), stop), body, set(start, i32.add(start, elements)));
  };
  const wide = rounds(count * UNROLL, 'all');
  const narrow = rounds(1, 'one');
  const rowEnd = i32.add(start, i32.sub(length, column));
  f.body(
    set(length, i32.load(params, mapFields.length)),
    ...m.prologue,
    whileTrue(
      i32.ltS(start, end),
      set(row, i32.divU(start, length)),
      set(column, i32.sub(start, i32.mul(row, length))),
      set(stop, select(rowEnd, end, i32.ltS(rowEnd, end))),
      set(out, i32.add(i32.load(params, mapFields.out), i32.mul(start, SIZE_BYTES[form.result]))),
      ...form.operands.map((operand, k) =>
        enterRow(operand, form.lanes, k, { params, row, column }, pointers[k]!, fixed[k]),
      ),
      wide,
      narrow,
    ),
  );
  return module.encode();
}

interface Cursors {
  readonly pointers: readonly Local<'i32'>[];
  readonly fixed: readonly (Local<'v128'> | undefined)[];
  readonly out: Local<'i32'>;
}

// One round: every vector of the round is loaded, computed and stored, then the pointers move on.
function emitter(fn: ElementFunction, form: MapForm, m: VectorAlgebra, { pointers, fixed, out }: Cursors) {
  return (elements: number, width: Width): Statement => {
    const lanes = width === 'one' ? 1 : LANE_COUNT[form.lanes];
    const value = (done: number): Vector =>
      fn.body(
        m,
        ...form.operands.map(
          (operand, k): Vector =>
            fixed[k] ??
            m.keep(loadElements(form.lanes, operand.type, pointers[k]!, width, done * SIZE_BYTES[operand.type])),
        ),
      );
    const paired = width === 'all' && form.lanes === 'f64x2' && form.result === 'f32';
    for (let done = 0; done < elements; done += paired ? 2 * lanes : lanes) {
      const offset = done * SIZE_BYTES[form.result];
      if (paired)
        m.emit(storeElements(m, 'f32x4', 'f32', out, narrowed(m, value(done), value(done + lanes)), 'all', offset));
      else m.emit(storeElements(m, form.lanes, form.result, out, value(done), width, offset));
    }
    form.operands.forEach((operand, k) => {
      if (operand.along === 'dense')
        m.emit(set(pointers[k]!, i32.add(pointers[k]!, elements * SIZE_BYTES[operand.type])));
    });
    m.emit(set(out, i32.add(out, elements * SIZE_BYTES[form.result])));
    return sequence(...m.drain());
  };
}

/** Two float64 vectors as one float32 vector: one store and one NaN check for four elements. */
function narrowed(m: VectorAlgebra, low: Vector, high: Vector): Vector {
  const halves = [f32x4.demoteF64x2Zero(low), f32x4.demoteF64x2Zero(high)] as const;
  return m.keep(v128.shuffle(...halves, [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23]));
}

function enterRow(
  operand: OperandForm,
  lanes: LaneType,
  k: number,
  at: { readonly params: Local<'i32'>; readonly row: Local<'i32'>; readonly column: Local<'i32'> },
  pointer: Local<'i32'>,
  fixed: Local<'v128'> | undefined,
): Statement {
  const rowStart = i32.add(
    i32.load(at.params, mapFields.address(k)),
    i32.mul(at.row, i32.load(at.params, mapFields.rowStride(k))),
  );
  if (fixed !== undefined) return set(fixed, loadElements(lanes, operand.type, rowStart, 'one'));
  return set(pointer, i32.add(rowStart, i32.mul(at.column, SIZE_BYTES[operand.type])));
}
