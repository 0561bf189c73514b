// Small programs for any host: what a browser's GPU computes in them is compared with Node and with JavaScript.
import type { Sheet } from '../../src/core/sheet/sheet.ts';
import type { Tensor } from '../../src/core/handle/tensor.ts';

const wave = (count: number, step = 1): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => Math.sin(i * step) * (1 + (i % 5)));
const whole = (count: number, factor: number): Int32Array =>
  Int32Array.from({ length: count }, (_, i) => Math.imul(i - 40, factor));

function layer(sheet: Sheet): Tensor {
  const [x, weights, bias] = [
    sheet.tensor(wave(33 * 20), [33, 20]),
    sheet.tensor(wave(20 * 17, 0.3), [20, 17]),
    sheet.tensor(wave(17, 2), [17]),
  ];
  return x.matmul(weights).multiply(0.05).add(bias).relu();
}

function integers(sheet: Sheet): Tensor[] {
  const [x, y] = [
    sheet.tensor(whole(301, 123_456_789), [7, 43]),
    sheet.tensor(
      whole(43, 7).map((n) => n | 1),
      [43],
    ),
  ];
  const bytes = x.astype('int8');
  return [
    x.multiply(y).add(x),
    x.floorDivide(y),
    x.bitwiseXor(y).bitwiseAnd(0xffff),
    x.maximum(y).sum({ axis: 0 }),
    x.argmax({ axis: 1 }),
    bytes.add(bytes),
    bytes.astype('uint8').sum(),
  ];
}

function masks(sheet: Sheet): Tensor[] {
  const x = sheet.tensor(wave(211), [211]);
  const high = x.greater(1);
  const outside = high.logicalOr(x.less(-1));
  return [
    outside,
    outside.logicalNot().logicalAnd(x.isfinite()),
    outside.any(),
    high.all(),
    sheet.where(high, x, x.negative()),
    outside.sum(),
  ];
}

function movement(sheet: Sheet): Tensor[] {
  const x = sheet.tensor(wave(6 * 50), [6, 50]);
  return [
    x.permuteDims(),
    x.slice([1, 3], [5, 40]),
    sheet.concat([x, x.flip({ axis: 0 })], { axis: 1 }),
    x.take(sheet.tensor(Int32Array.of(4, 0, -1), [3]), { axis: 0 }),
    x.triu({ k: 2 }),
  ];
}

/** What they come to has the same bits wherever it is computed. */
export const EXACT_CASES: Readonly<Record<string, (sheet: Sheet) => readonly Tensor[]>> = { integers, masks, movement };

/** What they come to is within the bounds of their rows. */
export const CLOSE_CASES: Readonly<Record<string, (sheet: Sheet) => readonly Tensor[]>> = {
  layer: (sheet) => [layer(sheet)],
  softmax: (sheet) => [layer(sheet).softmax({ axis: 1 }), layer(sheet).logSoftmax({ axis: 0 })],
  reductions: (sheet) => {
    const x = layer(sheet);
    return [
      x.sum({ axis: 0 }),
      x.mean({ axis: 1 }),
      x.var({ axis: 1 }),
      x.max(),
      x.subtract(3).exp().sum(),
      x.logsumexp({ axis: 1 }),
    ];
  },
  functions: (sheet) => [layer(sheet).tanh().square(), layer(sheet).sigmoid().sqrt(), layer(sheet).add(1).log().cos()],
};
