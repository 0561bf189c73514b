// Normal and exponential draws by ziggurats (Marsaglia and Tsang 2000), in the order in which NumPy takes its bits.
import { exp } from '../../../kernels/scalar/math.ts';
import { floatAlgebra } from '../../../kernels/scalar/js-algebra.ts';
import type { BitGenerator } from './bit-generator.ts';
import { logarithm } from './logarithm.ts';
import {
  EXPONENTIAL_HEIGHT,
  EXPONENTIAL_LEAST,
  EXPONENTIAL_SCALE,
  NORMAL_HEIGHT,
  NORMAL_LEAST,
  NORMAL_SCALE,
} from './ziggurat.gen.ts';

const NORMAL_EDGE = 3.654152885361009;
const NORMAL_EDGE_INVERSE = 0.2736612373297583;
const EXPONENTIAL_EDGE = 7.69711747013105;

const exponentialOf = (x: number): number => exp.body(floatAlgebra, x);

/** A number of mean 0 and variance 1. */
export function standardNormal(bits: BitGenerator): number {
  for (;;) {
    bits.next64();
    const { high, low } = bits;
    const layer = low & 0xff;
    // The layer has eight bits, the sign one, the place in the layer the 52 above them.
    const place = (high & 0x1fffffff) * 8388608 + (low >>> 9);
    const x = (low & 0x100 ? -place : place) * NORMAL_SCALE[layer]!;
    if (place < NORMAL_LEAST[layer]!) return x;
    if (layer === 0) return normalTail(bits, (low >>> 17) & 1);
    const [inner, outer] = [NORMAL_HEIGHT[layer - 1]!, NORMAL_HEIGHT[layer]!];
    if ((inner - outer) * bits.nextDouble() + outer < exponentialOf(-0.5 * x * x)) return x;
  }
}

/** Beyond the outermost layer (Marsaglia 1964). */
function normalTail(bits: BitGenerator, negative: number): number {
  for (;;) {
    const x = -NORMAL_EDGE_INVERSE * logarithm(1 - bits.nextDouble());
    const y = -logarithm(1 - bits.nextDouble());
    if (y + y > x * x) return negative === 1 ? -(NORMAL_EDGE + x) : NORMAL_EDGE + x;
  }
}

/** A number of mean 1. */
export function standardExponential(bits: BitGenerator): number {
  for (;;) {
    bits.next64();
    const { high, low } = bits;
    const layer = (low >>> 3) & 0xff;
    const place = high * 2097152 + (low >>> 11);
    const x = place * EXPONENTIAL_SCALE[layer]!;
    if (place < EXPONENTIAL_LEAST[layer]!) return x;
    if (layer === 0) return EXPONENTIAL_EDGE - logarithm(1 - bits.nextDouble());
    const [inner, outer] = [EXPONENTIAL_HEIGHT[layer - 1]!, EXPONENTIAL_HEIGHT[layer]!];
    if ((inner - outer) * bits.nextDouble() + outer < exponentialOf(-x)) return x;
  }
}
