// The reduce kernel along an outer axis: row after row onto the totals of a panel of columns, so that memory is read in
// the order it lies in.
import type { Reduction } from '../../js/reduce.ts';
import {
  i32,
  ModuleBuilder,
  select,
  sequence,
  set,
  v128,
  when,
  whileTrue,
  type Expr,
  type Local,
  type Statement,
} from '../code/assembler.ts';
import { LANE_COUNT, loadElements, SIZE_BYTES } from '../code/elements.ts';
import {
  type AccumulatorLanes,
  Mapping,
  reduceFields,
  type ReducedForm,
  type ReduceForm,
  storeTotal,
  TOTALS,
} from './form.ts';
import { VectorAlgebra, type Vector } from '../code/vector-algebra.ts';

const COLUMNS = 4;
/** Rows that are added to totals while these are in registers. */
const ROWS = 4;

/** An operand in a kernel. */
interface Source extends ReducedForm {
  readonly k: number;
  /** Its elements are read as float32 lanes, for the mapping. */
  readonly isMapped: boolean;
  /** Where its elements of the panel begin in the first row to do. */
  readonly row: Local<'i32'>;
  readonly rowBytes: Local<'i32'>;
  readonly at: Local<'i32'>;
}

/** The module; its one export, `reduce`, follows the kernel ABI. */
export function columnsModule(reduction: Reduction, form: ReduceForm): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder({ memory: form.memory });
  const f = module.function({ export: 'reduce', params: ['i32', 'i32', 'i32'] });
  const [params, result, end] = f.params;
  const [outer, rowEnd, column, columns, left, inner, at, stop] = [
    f.local('i32'),
    f.local('i32'),
    f.local('i32'),
    f.local('i32'),
    f.local('i32'),
    f.local('i32'),
    f.local('i32'),
    f.local('i32'),
  ];
  const m = new VectorAlgebra(module, f, form.lanes);
  const mapping = form.mapping && new Mapping(form.mapping, m, form.lanes, module, f);
  const operands = [...form.operands, ...form.perResult].map((operand, k): Source => ({
    ...operand,
    k,
    isMapped: mapping !== undefined && k < form.operands.length,
    row: f.local('i32'),
    rowBytes: f.local('i32'),
    at: f.local('i32'),
  }));
  const moving = operands.filter(({ varies }) => varies);
  const panel = new Panel(m, form.lanes, { at, stop, columns, totals: i32.load(params, reduceFields.totals) });
  const identity = m.constant(form.identity);
  const begin = panel.across((count) =>
    panel.write(
      panel.vectors(count, () => identity),
      count,
    ),
  );
  const add = (rows: number): Statement =>
    whileTrue(
      i32.geS(left, rows),
      ...operands.map(({ at: from, row }) => set(from, row)),
      panel.across((count) => addRows(reduction, form, m, mapping, operands, panel, rows, count)),
      ...moving.map(({ row, rowBytes }) => set(row, i32.add(row, i32.mul(rowBytes, rows)))),
      set(left, i32.sub(left, rows)),
    );
  const out = i32.add(
    i32.load(params, reduceFields.out),
    i32.mul(i32.add(result, panel.column), SIZE_BYTES[form.result]),
  );
  const finish = panel.across((count) =>
    sequence(
      ...panel
        .read(count)
        .map((total, v) =>
          storeTotal(
            m,
            reduction,
            form,
            total,
            params,
            out,
            count === 1 ? 'one' : 'all',
            LANE_COUNT[form.lanes] * v * SIZE_BYTES[form.result],
          ),
        ),
    ),
  );
  const body = [add(ROWS), add(1)];
  f.body(
    set(inner, i32.load(params, reduceFields.inner)),
    ...moving.map(({ k, rowBytes }) => set(rowBytes, i32.load(params, reduceFields.rowBytes(k)))),
    ...m.prologue,
    ...(mapping?.prologue ?? []),
    whileTrue(
      i32.ltS(result, end),
      set(outer, i32.divU(result, inner)),
      set(column, i32.sub(result, i32.mul(outer, inner))),
      set(rowEnd, i32.add(result, i32.sub(inner, column))),
      set(columns, i32.sub(select(rowEnd, end, i32.ltS(rowEnd, end)), result)),
      when(i32.gtS(columns, TOTALS), set(columns, TOTALS)),
      ...operands.map((operand) => set(operand.row, panelAddress(operand, params, outer, column))),
      when(i32.eqz(i32.load(params, reduceFields.resumes)), begin),
      set(left, i32.load(params, reduceFields.count)),
      ...body,
      when(i32.eqz(i32.load(params, reduceFields.pauses)), finish),
      set(result, i32.add(result, columns)),
    ),
  );
  return module.encode();
}

/** So many rows of so many columns, onto their totals; the columns' pointers move on. */
function addRows(
  reduction: Reduction,
  form: ReduceForm,
  m: VectorAlgebra,
  mapping: Mapping | undefined,
  operands: readonly Source[],
  panel: Panel,
  rows: number,
  count: number,
): Statement {
  const sources = operands.slice(0, form.operands.length);
  const extras = operands.slice(form.operands.length);
  const fixed = operands.map((operand) => (operand.varies ? undefined : load(m, form.lanes, operand, 0, count)));
  let totals = panel.read(count);
  for (let row = 0; row < rows; row++) {
    const loaded = sources.map((operand) => fixed[operand.k] ?? load(m, form.lanes, operand, row, count));
    const values =
      mapping?.vectors(
        loaded.map(([vector]) => vector!),
        count,
      ) ?? loaded[0]!;
    totals = totals.map((total, v) =>
      reduction.combine.body(m, total, reduction.body.body(m, values[v]!, ...extras.map(({ k }) => fixed[k]![v]!))),
    );
  }
  const advance = operands.flatMap(({ type, dense, at }) =>
    dense ? [set(at, i32.add(at, count * SIZE_BYTES[type]))] : [],
  );
  return sequence(panel.write(totals, count), ...advance);
}

/**
 * Some columns of an operand, so many rows on: one vector of single lanes for a mapping, else as many as accumulators.
 */
function load(
  m: VectorAlgebra,
  lanes: AccumulatorLanes,
  { type, dense, varies, isMapped, at, rowBytes }: Source,
  row: number,
  count: number,
): Vector[] {
  const from = row === 0 || !varies ? at : i32.add(at, row === 1 ? rowBytes : i32.mul(rowBytes, row));
  const width = dense && count > 1 ? 'all' : 'one';
  if (isMapped) return [m.keep(loadElements('f32x4', type, from, width))];
  return Array.from({ length: Math.ceil(count / LANE_COUNT[lanes]) }, (_, v) =>
    m.keep(loadElements(lanes, type, from, width, dense ? LANE_COUNT[lanes] * v * SIZE_BYTES[type] : 0)),
  );
}

/** Where an operand's elements for the panel begin. */
function panelAddress(
  { k, dense, type }: Source,
  params: Local<'i32'>,
  outer: Local<'i32'>,
  column: Local<'i32'>,
): Expr<'i32'> {
  const slice = i32.add(
    i32.load(params, reduceFields.address(k)),
    i32.mul(outer, i32.load(params, reduceFields.outerBytes(k))),
  );
  return dense ? i32.add(slice, i32.mul(column, SIZE_BYTES[type])) : slice;
}

/** The totals of neighbouring columns, in memory as lanes; `at` is where the loop over them is. */
class Panel {
  readonly #m: VectorAlgebra;
  /** Lanes of a vector, and bytes of a lane. */
  readonly #width: number;
  readonly #bytes: number;
  readonly #at: Local<'i32'>;
  readonly #stop: Local<'i32'>;
  readonly #columns: Local<'i32'>;
  readonly #totals: Expr<'i32'>;

  constructor(
    m: VectorAlgebra,
    lanes: AccumulatorLanes,
    {
      at,
      stop,
      columns,
      totals,
    }: {
      readonly at: Local<'i32'>;
      readonly stop: Local<'i32'>;
      readonly columns: Local<'i32'>;
      readonly totals: Expr<'i32'>;
    },
  ) {
    this.#m = m;
    this.#width = LANE_COUNT[lanes];
    this.#bytes = 16 / LANE_COUNT[lanes];
    this.#at = at;
    this.#stop = stop;
    this.#columns = columns;
    this.#totals = totals;
  }

  /** Which of the columns the loop is at. */
  get column(): Expr<'i32'> {
    return i32.divU(i32.sub(this.#at, this.#totals), this.#bytes);
  }

  /** All columns in fours, then one by one. */
  across(each: (count: number) => Statement): Statement {
    const walk = (count: number, columns: Expr<'i32'>): Statement[] => [
      set(this.#stop, i32.add(this.#totals, i32.mul(columns, this.#bytes))),
      whileTrue(i32.ltU(this.#at, this.#stop), each(count), set(this.#at, i32.add(this.#at, this.#bytes * count))),
    ];
    return sequence(
      set(this.#at, this.#totals),
      ...walk(COLUMNS, i32.and(this.#columns, -COLUMNS)),
      ...walk(1, this.#columns),
    );
  }

  /** As many vectors as so many columns take. */
  vectors(count: number, vector: (v: number) => Vector): Vector[] {
    return Array.from({ length: Math.ceil(count / this.#width) }, (_, v) => vector(v));
  }

  read(count: number): Vector[] {
    const one = this.#bytes === 8 ? v128.load64Splat : v128.load32Splat;
    return this.vectors(count, (v) => this.#m.keep(count === 1 ? one(this.#at) : v128.load(this.#at, 16 * v)));
  }

  /** The statements so far, and the totals they give, written. */
  write(totals: readonly Vector[], count: number): Statement {
    const one = this.#bytes === 8 ? v128.store64Lane : v128.store32Lane;
    return sequence(
      ...this.#m.drain(),
      ...totals.map((total, v) => (count === 1 ? one(this.#at, total, 0) : v128.store(this.#at, total, 16 * v))),
    );
  }
}
