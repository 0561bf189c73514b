// The codecs by the dtypes they store, for kernels that are told a dtype by its name.
import type { Codec } from './codec.ts';
import { smallFloat } from './small-float.ts';

/** IEEE 754 binary16. */
export const FLOAT16: Codec = smallFloat({ exponentBits: 5, fractionBits: 10, infinities: true });

/** The table; `defineDType` adds to it. */
export const CODECS = new Map<string, Codec>([['float16', FLOAT16]]);
