// References of padding, sliding windows and pooling: every element by its index, walked to its place.
import {
  at,
  type Attrs,
  build,
  count,
  indicesOf,
  isFloatName,
  type Ref,
  type Reference,
  type Scalar,
  stored,
} from './reference.ts';

const listOf = (value: unknown): number[] => (Array.isArray(value) ? (value as number[]) : [value as number]);
const spread = (value: unknown, rank: number): number[] => {
  const list = listOf(value);
  return list.length === rank ? list : Array.from({ length: rank }, () => list[0]!);
};
const onLast = (list: readonly number[], rank: number): number[] => [
  ...Array.from({ length: rank - list.length }, () => 0),
  ...list,
];

/** Walks from outside an axis into it, a mirror or an end at a time. */
function walked(place: number, n: number, mode: string): number {
  let p = place;
  if (mode === 'edge') return p < 0 ? 0 : p >= n ? n - 1 : p;
  if (mode === 'reflect' && n === 1) return 0;
  const beside = mode === 'symmetric' ? 1 : 0;
  while (p < 0 || p >= n) {
    if (mode === 'wrap') p += p < 0 ? n : -n;
    else p = p < 0 ? -p - beside : 2 * (n - 1) - p + beside;
  }
  return p;
}

const pad: Reference = ([operand], attrs) => {
  const x = operand as Ref;
  const rank = x.shape.length;
  const before = onLast(listOf(attrs['before']), rank);
  const after = attrs['after'] == null ? before : onLast(listOf(attrs['after']), rank);
  const mode = (attrs['mode'] as string | undefined) ?? 'constant';
  const value = (attrs['value'] as number | undefined) ?? 0;
  const fill = isFloatName(x.dtype) || x.dtype === 'bool' ? stored(x.dtype, value) : BigInt(Math.trunc(value));
  const shape = x.shape.map((n, k) => n + before[k]! + after[k]!);
  return build(x.dtype, shape, (index) => {
    const places = index.map((i, k) => i - before[k]!);
    const isInside = places.every((place, k) => place >= 0 && place < x.shape[k]!);
    if (mode === 'constant') return isInside ? at(x, places) : fill;
    return at(
      x,
      places.map((place, k) => walked(place, x.shape[k]!, mode)),
    );
  });
};

/** Attributes of windows as lists, and how the axes of an operand divide. */
function windowsOf(shape: readonly number[], window: readonly number[], attrs: Attrs) {
  const rank = window.length;
  const [stride, dilation] = [
    attrs['stride'] == null ? undefined : spread(attrs['stride'], rank),
    spread(attrs['dilation'] ?? 1, rank),
  ];
  const lead = shape.length - rank;
  return { lead: shape.slice(0, lead), lengths: shape.slice(lead), stride, dilation };
}

const slidingWindows: Reference = ([operand], attrs) => {
  const x = operand as Ref;
  const window = listOf(attrs['window']);
  const { lead, lengths, stride = window.map(() => 1), dilation } = windowsOf(x.shape, window, attrs);
  const positions = lengths.map((n, k) => {
    let fits = 0;
    while (fits * stride[k]! + (window[k]! - 1) * dilation[k]! < n) fits++;
    return fits;
  });
  return build(x.dtype, [...lead, ...window, ...positions], (index) => {
    const [first, tap, position] = [
      index.slice(0, lead.length),
      index.slice(lead.length, lead.length + window.length),
      index.slice(lead.length + window.length),
    ];
    return at({ ...x }, [...first, ...tap.map((t, k) => position[k]! * stride[k]! + t * dilation[k]!)]);
  });
};

const foldWindows: Reference = ([operand], attrs) => {
  const x = operand as Ref;
  const target = listOf(attrs['shape']);
  const rank = target.length;
  const lead = x.shape.slice(0, x.shape.length - 2 * rank);
  const [stride, dilation] = [spread(attrs['stride'] ?? 1, rank), spread(attrs['dilation'] ?? 1, rank)];
  const shape = [...lead, ...target];
  const totals = new Float64Array(count(shape));
  let next = 0;
  for (const index of indicesOf(x.shape)) {
    const [tap, position] = [index.slice(lead.length, lead.length + rank), index.slice(lead.length + rank)];
    const place = [...index.slice(0, lead.length), ...tap.map((t, k) => position[k]! * stride[k]! + t * dilation[k]!)];
    totals[place.reduce((flat, i, k) => flat * shape[k]! + i, 0)]! += x.values[next++] as number;
  }
  return { dtype: x.dtype, shape, values: Array.from(totals, (total) => stored(x.dtype, total)) };
};

/** What a pool makes of the elements under a window, and of how many places it has in the padded axes. */
type Reduce = (
  elements: readonly { readonly value: Scalar; readonly place: readonly number[] }[],
  lengths: readonly number[],
  padded: number,
) => Scalar;

const pool =
  (dtypeOf: (x: Ref) => Ref['dtype'], reduce: (x: Ref, attrs: Attrs) => Reduce): Reference =>
  ([operand], attrs) => {
    const x = operand as Ref;
    const window = listOf(attrs['window']);
    const { lead, lengths, stride = window, dilation } = windowsOf(x.shape, window, attrs);
    const before = spread(attrs['before'] ?? 0, window.length);
    const after = attrs['after'] == null ? before : spread(attrs['after'], window.length);
    const positions = lengths.map((n, k) => {
      const [reach, end] = [(window[k]! - 1) * dilation[k]!, n + after[k]!];
      const starts: number[] = [];
      for (let start = -before[k]!; start < n; start += stride[k]!) {
        const overhang = start + reach - (end - 1);
        // Of windows that do not fit whole, the first one counts where they are counted.
        if (overhang <= 0 || (attrs['ceil'] === true && overhang < stride[k]!)) starts.push(start);
      }
      return starts;
    });
    const one = reduce(x, attrs);
    return build(dtypeOf(x), [...lead, ...positions.map((starts) => starts.length)], (index) => {
      const first = index.slice(0, lead.length);
      const starts = index.slice(lead.length).map((i, k) => positions[k]![i]!);
      const elements: { value: Scalar; place: number[] }[] = [];
      let padded = 0;
      for (const tap of indicesOf(window)) {
        const place = tap.map((t, k) => starts[k]! + t * dilation[k]!);
        if (place.every((p, k) => p < lengths[k]! + after[k]!)) padded++;
        if (place.every((p, k) => p >= 0 && p < lengths[k]!))
          elements.push({ value: at(x, [...first, ...place]), place });
      }
      return one(elements, lengths, padded);
    });
  };

const LEAST: Partial<Record<Ref['dtype'], bigint>> = {
  int64: -(2n ** 63n),
  int32: -(2n ** 31n),
  uint32: 0n,
  uint8: 0n,
  int8: -128n,
};

/** Whether a value takes the place of the greatest so far. */
const isGreater = (value: Scalar, than: Scalar): boolean =>
  Number.isNaN(than) ? false : Number.isNaN(value) || value > than;

const sumOf = (elements: readonly { readonly value: Scalar }[]): number =>
  elements.reduce((sum, { value }) => sum + (value as number), 0);

const COMBINED: Readonly<Record<string, (a: Scalar, b: Scalar) => Scalar>> = {
  none: (_a, b) => b,
  add: (a, b) => (typeof a === 'number' ? a + (b as number) : (a as bigint) + (b as bigint)),
  multiply: (a, b) => (typeof a === 'number' ? a * (b as number) : (a as bigint) * (b as bigint)),
  minimum: (a, b) => (typeof a === 'number' ? Math.min(a, b as number) : b < a ? b : a),
  maximum: (a, b) => (typeof a === 'number' ? Math.max(a, b as number) : b > a ? b : a),
};

const scatter: Reference = ([operand, places, given], attrs) => {
  const [x, indices, updates] = [operand as Ref, places as Ref, given as Ref];
  const length = x.shape[0]!;
  const numbers = indices.values.map(Number);
  if (numbers.some((i) => i < -length || i >= length)) return undefined;
  const values = [...x.values];
  const inner = count(x.shape.slice(1));
  const combine = COMBINED[(attrs['reduction'] as string | undefined) ?? 'none']!;
  let next = 0;
  for (const index of indicesOf([...indices.shape, ...x.shape.slice(1)])) {
    const place = numbers[Math.floor(next / inner)]!;
    const to = (place < 0 ? place + length : place) * inner + (next++ % inner);
    values[to] = stored(x.dtype, combine(values[to]!, at(updates, index)));
  }
  return { dtype: x.dtype, shape: x.shape, values };
};

/** Elements and shares that an output of an axis is made of. */
function shares(output: number, n: number, outputs: number, attrs: Attrs): (readonly [place: number, share: number])[] {
  const scale = outputs / n;
  const mode = (attrs['mode'] as string | undefined) ?? 'linear';
  const place = {
    half_pixel: (output + 0.5) / scale - 0.5,
    pytorch_half_pixel: outputs === 1 ? 0 : (output + 0.5) / scale - 0.5,
    align_corners: outputs === 1 ? 0 : (output * (n - 1)) / (outputs - 1),
    asymmetric: output / scale,
  }[(attrs['place'] as string | undefined) ?? 'half_pixel']!;
  const [low, t] = [Math.floor(place), place - Math.floor(place)];
  const limit = (k: number): number => (k < 0 ? 0 : k >= n ? n - 1 : k);
  if (mode === 'linear')
    return [
      [limit(low), 1 - t],
      [limit(low + 1), t],
    ];
  if (mode === 'nearest') {
    const up = { floor: false, ceil: t > 0, round_down: t > 0.5, round_up: t >= 0.5 };
    return [[limit(low + Number(up[((attrs['nearest'] as string | undefined) ?? 'round_down') as 'floor'])), 1]];
  }
  const a = (attrs['cubic'] as number | undefined) ?? -0.75;
  const keys = (x: number): number =>
    x <= 1 ? (a + 2) * x ** 3 - (a + 3) * x ** 2 + 1 : a * x ** 3 - 5 * a * x ** 2 + 8 * a * x - 4 * a;
  return [-1, 0, 1, 2].map((k) => [limit(low + k), keys(Math.abs(t - k))] as const);
}

const resize: Reference = ([operand], attrs) => {
  const x = operand as Ref;
  const target = listOf(attrs['shape']);
  const shape = [...x.shape.slice(0, x.shape.length - target.length), ...target];
  const slack: number[] = [];
  const result = build(x.dtype, shape, (index) => {
    let terms: (readonly [place: number[], share: number])[] = [[[], 1]];
    index.forEach((output, k) => {
      const [n, outputs] = [x.shape[k]!, shape[k]!];
      const own = n === outputs ? [[output, 1] as const] : shares(output, n, outputs, attrs);
      terms = terms.flatMap(([places, share]) => own.map(([p, s]) => [[...places, p], share * s] as const));
    });
    const values = terms.filter(([, share]) => share !== 0).map(([places, share]) => (at(x, places) as number) * share);
    const size = values.reduce((sum, value) => sum + Math.abs(value), 0);
    // A share that is 0 but for its rounding makes NaN of an infinity.
    slack.push(Number.isFinite(size) ? size * 2 ** -46 : Infinity);
    return stored(
      x.dtype,
      values.reduce((sum, value) => sum + value, 0),
    );
  });
  return { ...result, ulps: 1, slack };
};

/** References by op. */
export const WINDOWS: Readonly<Record<string, Reference>> = {
  pad,
  sliding_windows: slidingWindows,
  fold_windows: foldWindows,
  scatter,
  resize,
  max_pool: pool(
    (x) => x.dtype,
    (x) => (elements) =>
      elements.reduce(
        (greatest: Scalar, { value }) =>
          isGreater(value, greatest) || (Object.is(greatest, -0) && Object.is(value, 0)) ? value : greatest,
        LEAST[x.dtype] ?? -Infinity,
      ),
  ),
  argmax_pool: pool(
    () => 'int32',
    () => (elements, lengths) => {
      const [head, ...rest] = elements;
      if (head === undefined) return -1n;
      const found = rest.reduce((best, next) => (isGreater(next.value, best.value) ? next : best), head);
      return BigInt(found.place.reduce((flat, i, k) => flat * lengths[k]! + i, 0));
    },
  ),
  sum_pool: pool(
    (x) => x.dtype,
    (x) => (elements) => stored(x.dtype, sumOf(elements)),
  ),
  average_pool: pool(
    (x) => x.dtype,
    (x, attrs) => (elements, _lengths, padded) =>
      stored(x.dtype, sumOf(elements) / (attrs['includePadding'] === true ? padded : elements.length)),
  ),
};
