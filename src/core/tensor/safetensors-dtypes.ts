// What safetensors calls element types, and which dtype each is here: of the library, or one that a program defines
// under the usual name.
import type { FloatLayout } from '../../../kernels/codecs/codec.ts';
import { type DType, DTYPES, isDType } from './dtype.ts';

/** One row: a name in files, the bits of an element, and the dtype here or what to do where there is none. */
export interface SafetensorsDType {
  readonly name: string;
  readonly bits: number;
  readonly dtype?: string;
  /** A dtype of another layout under that name is another dtype. */
  readonly layout?: FloatLayout;
  readonly remedy?: string;
}

const LOAD = "import 'symbolic-sheet/ops' first, or save it as F32";
const AS_FLOAT = 'save it as F32';

/** The table, in the order in which the format ranks them: files are written with the last of them first. */
const ROWS: readonly SafetensorsDType[] = [
  { name: 'BOOL', bits: 8, dtype: 'bool' },
  { name: 'F4', bits: 4, remedy: AS_FLOAT },
  { name: 'F6_E2M3', bits: 6, remedy: AS_FLOAT },
  { name: 'F6_E3M2', bits: 6, remedy: AS_FLOAT },
  { name: 'U8', bits: 8, dtype: 'uint8' },
  { name: 'I8', bits: 8, dtype: 'int8' },
  {
    name: 'F8_E5M2',
    bits: 8,
    dtype: 'float8_e5m2',
    layout: { exponentBits: 5, fractionBits: 2, infinities: true },
    remedy: LOAD,
  },
  {
    name: 'F8_E4M3',
    bits: 8,
    dtype: 'float8_e4m3fn',
    layout: { exponentBits: 4, fractionBits: 3, infinities: false },
    remedy: LOAD,
  },
  { name: 'F8_E8M0', bits: 8, dtype: 'float8_e8m0fnu', remedy: LOAD },
  { name: 'I16', bits: 16, dtype: 'int16' },
  { name: 'U16', bits: 16, dtype: 'uint16' },
  { name: 'F16', bits: 16, dtype: 'float16' },
  {
    name: 'BF16',
    bits: 16,
    dtype: 'bfloat16',
    layout: { exponentBits: 8, fractionBits: 7, infinities: true },
    remedy: LOAD,
  },
  { name: 'I32', bits: 32, dtype: 'int32' },
  { name: 'U32', bits: 32, dtype: 'uint32' },
  { name: 'F32', bits: 32, dtype: 'float32' },
  { name: 'C64', bits: 64, remedy: 'save its real and its imaginary part as two tensors' },
  { name: 'F64', bits: 64, dtype: 'float64' },
  { name: 'I64', bits: 64, dtype: 'int64' },
  { name: 'U64', bits: 64, dtype: 'uint64' },
];

const BY_NAME: ReadonlyMap<string, SafetensorsDType> = new Map(ROWS.map((row) => [row.name, row]));

/** The row of a name in a file; undefined for a name that is none of the format. */
export const safetensorsDType = (name: string): SafetensorsDType | undefined => BY_NAME.get(name);

/** The dtype of a row in this process. */
export function dtypeOfSafetensors({ dtype, layout }: SafetensorsDType): DType | undefined {
  if (!isDType(dtype)) return undefined;
  return layout === undefined || isSameLayout(layout, DTYPES[dtype].codec?.layout) ? dtype : undefined;
}

/** The row that a dtype is written as, and its rank among them. */
export function safetensorsNameOf(dtype: DType): { readonly name: string; readonly rank: number } | undefined {
  const rank = ROWS.findIndex((row) => row.dtype === dtype && dtypeOfSafetensors(row) === dtype);
  return rank < 0 ? undefined : { name: ROWS[rank]!.name, rank };
}

const isSameLayout = (a: FloatLayout, b: FloatLayout | undefined): boolean =>
  a.exponentBits === b?.exponentBits && a.fractionBits === b.fractionBits && a.infinities === b.infinities;
