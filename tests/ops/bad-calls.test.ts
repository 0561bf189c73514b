// Bad calls of every row, generated: each is refused at the call by a typed error that names the op and says what to
// do.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SheetError, SymbolicSheet } from '../../src/index.ts';
import type { AttributeKind, Signature } from '../../src/core/ops/define.ts';
import { kindTakes, type OperandKind } from '../../src/core/ops/kinds.ts';
import { COMPOSITES, METHODS, OPS } from '../../src/core/ops/index.ts';
import { KNOWN_ELSEWHERE, OP_ALIASES, REMEDIES } from '../../src/core/ops/suggestions.ts';
import { type DType, DTYPE_NAMES } from '../../src/core/tensor/dtype.ts';

/** Dtypes that operands of a kind may not have. */
const refusedOf = (kind: OperandKind): DType[] => DTYPE_NAMES.filter((dtype) => !kindTakes(kind, dtype));

const ILL_TYPED: Record<AttributeKind, readonly unknown[]> = {
  int: [1.5, '1', null, NaN, {}],
  float: ['1', null, {}],
  number: ['1', null, {}],
  bool: [1, 'yes', null],
  axis: [0.5, 'first', {}],
  axes: [['a'], 0.5, 'all', {}],
  shape: ['x', [-1], [1.5], null, [2 ** 31, 2 ** 31]],
  dtype: ['complex64', 5, null, {}],
  ints: [['a'], 1.5, {}],
  seed: [-1, 0.5, 'a', 2 ** 60],
  choice: ['none of them', 99],
  text: [1, null],
  floats: ['1', ['a'], {}],
};

describe('a bad call of', () => {
  let sheet: SymbolicSheet;
  beforeAll(async () => {
    sheet = await SymbolicSheet.open({ devices: ['js'], budgetBytes: 1 << 24 });
  });
  afterAll(() => sheet.close());

  const execute = (row: Signature, ...args: readonly unknown[]): unknown =>
    (sheet.execute as (name: string, ...rest: readonly unknown[]) => unknown)(row.name, ...args);

  /** Arguments that are right but for what a test changes. */
  const operandsOf = (row: Signature, shape: readonly number[] = [3, 3], dtype?: DType): unknown[] => {
    const tensors = row.operands.map(({ kind }) =>
      sheet.zeros(shape, {
        dtype:
          dtype ?? (kind === 'bool' ? 'bool' : kind === 'index' || kind.startsWith('integer') ? 'int32' : 'float32'),
      }),
    );
    return row.variadic ? [[tensors[0], tensors[0]]] : tensors;
  };

  function refuses(row: Signature, args: readonly unknown[]): void {
    let thrown: unknown;
    try {
      execute(row, ...args);
    } catch (error) {
      thrown = error;
    }
    const isTensor = (arg: unknown): boolean =>
      typeof arg === 'object' && arg !== null && 'shape' in arg && 'dtype' in arg && !Array.isArray(arg.shape);
    const printed = args.map((arg) => (isTensor(arg) ? '…' : String(JSON.stringify(arg)).slice(0, 60)));
    const shown = `${row.name}(${printed.join(', ')})`;
    expect(thrown, shown).toBeInstanceOf(SheetError);
    const { message, code } = thrown as SheetError;
    expect(message, shown).toContain(row.name);
    expect(message, `${shown} says what to do`).toMatch(/(;|\.|:) .{8,}/u);
    expect(['SHAPE', 'DTYPE', 'ATTRIBUTE', 'LIMIT', 'SOURCE'], shown).toContain(code);
  }

  describe.each([...OPS.values(), ...COMPOSITES.values()].map((row) => [row.name, row] as const))(
    '%s',
    (_name, row) => {
      it('with too few or too many operands is refused', () => {
        if (row.operands.length > 0) refuses(row, row.variadic ? [[]] : operandsOf(row).slice(1 + (row.optional ?? 0)));
        refuses(row, [...operandsOf(row), ...row.positional.map(() => 1), sheet.zeros([3, 3]), sheet.zeros([3, 3])]);
      });

      it('with an unknown attribute is refused', () => refuses(row, [...operandsOf(row), { frobnicate: 1 }]));

      if (row.operands.some(({ kind }) => refusedOf(kind).length > 0))
        it('with a dtype it does not take is refused', () => {
          for (const dtype of new Set(row.operands.flatMap(({ kind }) => refusedOf(kind))))
            refuses(row, operandsOf(row, [3, 3], dtype));
        });

      if (Object.keys(row.attributes).length > 0)
        it('with an ill-typed attribute is refused', () => {
          for (const [name, spec] of Object.entries(row.attributes)) {
            for (const value of ILL_TYPED[spec.kind])
              if (value !== spec.fallback) refuses(row, [...operandsOf(row), { ...fitting(row), [name]: value }]);
          }
        });

      if (Object.keys(row.attributes).some(isAxis))
        it('with an axis out of range is refused', () => {
          for (const name of Object.keys(row.attributes).filter(isAxis)) {
            for (const axis of [9, -9]) refuses(row, [...operandsOf(row), { ...fitting(row), [name]: axis }]);
          }
        });

      if (takesShapesTogether(row))
        it('with shapes that do not fit together is refused', () => {
          const [first, ...others] = operandsOf(row, [3, 4]);
          refuses(
            row,
            row.variadic
              ? [[sheet.zeros([3, 4]), sheet.zeros([5, 6])]]
              : [first, ...operandsOf(row, [5, 6]).slice(1, others.length + 1)],
          );
        });
    },
  );

  it('by a name of another library says what the op is called here, as a method too', () => {
    const isOp = (name: string): boolean => OPS.has(name) || COMPOSITES.has(name);
    expect(Object.values(OP_ALIASES).filter((name) => !isOp(name))).toEqual([]);
    expect(Object.keys(OP_ALIASES).filter(isOp)).toEqual([]);
    const loose = sheet as unknown as Record<string, (...args: unknown[]) => unknown>;
    const one = sheet.ones([2]) as unknown as Record<string, (...args: unknown[]) => unknown>;
    for (const call of [() => loose['execute']?.('mul', 1, 2), () => loose['mul']?.(1, 2), () => one['mul']?.(2)])
      expect(call).toThrow(
        `"mul": that is \`multiply\` here, multiply() as a method. The ${METHODS.size} ops are in docs/ops.md.`,
      );
    expect(() => one['indexSelect']?.(2)).toThrow('that is `take` here');
    expect(() => loose['execute']?.('matmull')).toThrow('"matmull": did you mean matmul?');
    expect(() => loose['execute']?.('backward')).toThrow('"backward": not here yet.');
    for (const name of ['angle', 'backward'])
      for (const call of [() => loose['execute']?.(name), () => loose[name]?.(1), () => one[name]?.()])
        expect(call).toThrow('": not here yet.');
    expect(() => one['transpose']?.()).toThrow('that is `permute_dims` here, permuteDims() as a method');
    expect(() => loose['execute']?.('qqqqqqq')).toThrow('"qqqqqqq": there is no such op.');
    expect(Object.keys(one)).not.toContain('mul');
  });

  it('is said to be missing only where no op has the name', async () => {
    await import('../../src/core/ops/library.ts');
    expect([...KNOWN_ELSEWHERE].filter((name) => OPS.has(name) || COMPOSITES.has(name))).toEqual([]);
  });

  it('by a name of another library that is no op says what is written here, on a tensor and on the sheet', () => {
    const said: Readonly<Record<string, string>> = {
      tolist: 'await x.toArray()',
      numpy: 'await x.data()',
      arraySync: 'await x.toArray()',
      clone: 'needs no copy',
      copy: 'needs no copy',
      detach: 'needs no copy',
      array: 'sheet.tensor(values)',
      asarray: 'sheet.tensor(values)',
      fromNumpy: 'sheet.tensor(values)',
      to: 'sheet.with({ device })',
      double: "x.astype('float64')",
      numel: 'x.size',
      forEach: 'await x.toArray()',
      set: 'sheet.where(mask, value, x)',
      backward: 'not here yet',
      isNaN: 'that is `isnan` here',
      asType: 'that is `astype` here',
    };
    const [loose, one] = [sheet, sheet.ones([2])] as unknown as Record<string, () => unknown>[];
    for (const [name, text] of Object.entries(said))
      for (const on of [loose, one]) {
        expect(() => on?.[name]?.(), name).toThrow(text);
        expect(() => on?.[name]?.(), name).toThrow(expect.objectContaining({ code: 'UNKNOWN_OP' }));
      }
    expect(Object.keys(REMEDIES).filter((name) => OPS.has(name) || Object.hasOwn(OP_ALIASES, name))).toEqual([]);
    for (const name of Object.keys(REMEDIES)) expect(() => sheet.execute(name as never)).toThrow(REMEDIES[name]);
  });

  it('by an attribute of another library, or a slip, says which is meant, and nothing silly', () => {
    const x = sheet.ones([2, 2]);
    const asked = (attributes: object): unknown => x.var(attributes as never);
    expect(() => asked({ dim: 0 })).toThrow('var: there is no attribute "dim"; did you mean axis? It takes axis, ');
    expect(() => asked({ ddof: 1 })).toThrow('did you mean correction?');
    expect(() => asked({ keepDims: true })).toThrow('did you mean keepdims?');
    expect(() => x.matmul(x, { transB: true } as never)).toThrow('did you mean transposeB?');
    expect(() => asked({ constructor: 1 })).toThrow('there is no attribute "constructor"; it takes axis, ');
    expect(() => asked({ colour: 1 })).toThrow('there is no attribute "colour"; it takes axis, ');
  });

  it('leaves the sheet as it was: it goes on', async () => {
    expect(await sheet.add(1, 2).item()).toBe(3);
    expect(sheet.stats().counters.failures).toBe(0);
  });

  it('is refused where a value cannot be an element of the dtype', () => {
    for (const dtype of DTYPE_NAMES.filter((name) => name.includes('int'))) {
      for (const value of [NaN, Infinity, -Infinity]) {
        expect(() => sheet.full([2], value, { dtype }), `${dtype} ${value}`).toThrow(/full: .*float/);
        expect(() => sheet.fullLike(sheet.zeros([2], { dtype }), value), `like ${dtype} ${value}`).toThrow(
          /full_like: .*float/,
        );
      }
    }
  });

  it('is refused where a search along an axis has nothing to find', () => {
    expect(() => sheet.zeros([3, 0]).argmax({ axis: 1 })).toThrow(/argmax: x has shape \[3,0\]/);
    expect(sheet.zeros([0, 3]).argmax({ axis: 1 }).shape).toEqual([0]);
  });

  it('split, which is written in terms of slice, is refused in the same way', () => {
    const x = sheet.zeros([4, 6]);
    const split = (...args: readonly unknown[]): unknown =>
      (x.split as (...given: readonly unknown[]) => unknown)(...args);
    const bad: readonly (readonly unknown[])[] = [
      [x],
      [],
      [null],
      ['2'],
      [{}],
      [3],
      [0],
      [-2],
      [1.5],
      [NaN],
      [[5]],
      [[1.5]],
      [[-1]],
      [['a']],
      [[x]],
      [2, 1],
      [2, null],
      [2, [1]],
      [2, { axis: 2 }],
      [2, { axis: 'rows' }],
      [2, { axes: 1 }],
      [true],
      [2n],
    ];
    for (const args of bad) {
      let thrown: unknown;
      try {
        split(...args);
      } catch (error) {
        thrown = error;
      }
      expect(thrown, String(args[0])).toBeInstanceOf(SheetError);
      expect((thrown as SheetError).message).toMatch(/^split: .+[;.] .{8,}/u);
    }
    expect((split([1, 3], { axis: 1 }) as { shape: number[] }[]).map(({ shape }) => shape)).toEqual([
      [4, 1],
      [4, 2],
      [4, 3],
    ]);
    expect((split(2) as { shape: number[] }[]).map(({ shape }) => shape)).toEqual([
      [2, 6],
      [2, 6],
    ]);
  });
});

/** Ops whose operands may have any shapes. */
const ANY_SHAPES: ReadonlySet<string> = new Set([
  'isin',
  'setdiff1d',
  'intersect1d',
  'union1d',
  'meshgrid',
  'polyval',
  'kron',
]);

const takesShapesTogether = ({ name, operands, variadic }: Signature): boolean =>
  (operands.length > 1 || variadic) && operands.every(({ kind }) => kind !== 'index') && !ANY_SHAPES.has(name);

const isAxis = (name: string): boolean => ['axis', 'axes', 'source', 'destination'].includes(name);

/** A value for every attribute that must be given, so that a call fails for one reason alone. */
function fitting(row: Signature): Record<string, unknown> {
  const values: Record<AttributeKind, unknown> = {
    int: 1,
    float: 1,
    number: 1,
    bool: false,
    axis: 0,
    axes: 0,
    shape: [3, 3],
    dtype: 'float32',
    ints: [9],
    seed: 1,
    choice: '',
    text: '',
    floats: 0.5,
  };
  return Object.fromEntries(
    Object.entries(row.attributes)
      .filter(([, spec]) => spec.fallback === undefined)
      .map(([name, spec]) => [name, values[spec.kind]]),
  );
}
