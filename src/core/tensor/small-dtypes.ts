// Floats and integers of 16 bits and fewer that models are kept in: rows that come with the ops a page loads by a line.
import type { Codec } from '../../../kernels/codecs/codec.ts';
import { CODECS } from '../../../kernels/codecs/codecs.ts';
import { magnitudesOf, orderedFloat, smallInteger } from '../../../kernels/codecs/ordered-float.ts';
import { constantsOf, smallFloat } from '../../../kernels/codecs/small-float.ts';
import { floatLimits } from './define-dtype.ts';
import { addDType, type DType, type DTypeKind, isDType } from './dtype.ts';

/** One row: its code is part of the identity format. Rules of rounding and overflow are those of ml_dtypes. */
interface SmallRow {
  readonly name: DType;
  readonly code: number;
  readonly kind: DTypeKind;
  readonly bits: number;
  readonly codec: Codec;
  /** Of two of a kind the common dtype is that of the higher rank. Default: the bits. */
  readonly rank?: number;
}

/** No infinities, no −0, whose pattern is NaN (fnuz). */
const unsignedZero = (exponentBits: number, fractionBits: number, bias: number): Codec =>
  orderedFloat({
    magnitudes: magnitudesOf(exponentBits, fractionBits, bias),
    signBit: 128,
    nan: 128,
    signedZero: false,
    ties: 'even',
  });

/** Powers of two from 2⁻¹²⁷ to 2¹²⁷: scales of blocks (OCP MX). */
const E8M0 = orderedFloat({
  magnitudes: Array.from({ length: 255 }, (_, pattern) => 2 ** (pattern - 127)),
  signBit: 0,
  nan: 255,
  signedZero: false,
  ties: 'up',
});
const E2M1 = orderedFloat({
  magnitudes: magnitudesOf(2, 1, 1),
  signBit: 8,
  nan: undefined,
  signedZero: true,
  ties: 'even',
});

const float = (name: DType, code: number, bits: number, codec: Codec, rank = bits): SmallRow => ({
  name,
  code,
  kind: 'float',
  bits,
  codec,
  rank,
});
const integer = (name: DType, code: number, bits: number, isSigned: boolean): SmallRow => ({
  name,
  code,
  kind: isSigned ? 'int' : 'uint',
  bits,
  codec: smallInteger(bits, isSigned),
});

/** The table. */
const rows = (): readonly SmallRow[] => [
  float('bfloat16', 13, 16, smallFloat({ exponentBits: 8, fractionBits: 7, infinities: true })),
  float('float8_e4m3fn', 14, 8, smallFloat({ exponentBits: 4, fractionBits: 3, infinities: false })),
  float('float8_e4m3fnuz', 15, 8, unsignedZero(4, 3, 8)),
  float('float8_e5m2', 16, 8, smallFloat({ exponentBits: 5, fractionBits: 2, infinities: true })),
  float('float8_e5m2fnuz', 17, 8, unsignedZero(5, 2, 16)),
  // Its range is that of bfloat16: no float of 16 bits and none narrower holds what it has, or is held by it.
  float('float8_e8m0fnu', 18, 8, E8M0, 16),
  float('float4_e2m1fn', 19, 4, E2M1),
  integer('int4', 20, 4, true),
  integer('uint4', 21, 4, false),
  integer('int2', 22, 2, true),
  integer('uint2', 23, 2, false),
];

/** From the fields, where there are any: trying all patterns of 16 bits was a tenth of what a process starts in. */
const limitsOf = ({ kind, bits, codec: { layout, decode } }: SmallRow): ReturnType<typeof floatLimits> =>
  layout === undefined
    ? floatLimits(kind, bits, decode)
    : { largest: constantsOf(layout).largest, epsilon: 2 ** -layout.fractionBits };

/** Adds the rows to this process, once. */
export function addSmallDTypes(): void {
  if (isDType('bfloat16')) return;
  for (const row of rows()) {
    const storage = row.bits > 8 ? Uint16Array : Uint8Array;
    CODECS.set(row.name, row.codec);
    addDType({ ...row, storage, ...limitsOf(row) });
  }
}
