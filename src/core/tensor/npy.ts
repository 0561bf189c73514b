// Tensors as .npy files: the exchange with NumPy (format 1.0 to 3.0, numpy.lib.format).
import { DTypeError, FormatError, ShapeError } from '../errors.ts';
import { littleEndianHost, swapBytes } from './byte-order.ts';
import { allocate, bytesOf, DTYPES, type DType, type TypedArray } from './dtype.ts';
import type { Elements } from './elements.ts';
import { asTruth } from './foreign-elements.ts';
import { gatherElements } from './foreign-layout.ts';
import { parseNpyHeader } from './npy-header.ts';
import { formatShape, MAX_ELEMENTS, type Shape, sizeOf, stridesOf } from './shape.ts';

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59] as const; // \x93NUMPY
const ALIGNMENT_BYTES = 64;
const MAX_HEADER_BYTES = 65536;
/** NumPy leaves room for this many digits, so that the first axis can grow in place. */
const GROWTH_DIGITS = 21;

const CODES: Readonly<Partial<Record<DType, string>>> = {
  float64: 'f8',
  float32: 'f4',
  float16: 'f2',
  int64: 'i8',
  int32: 'i4',
  uint32: 'u4',
  uint8: 'u1',
  int8: 'i1',
  bool: 'b1',
  int16: 'i2',
  uint16: 'u2',
  uint64: 'u8',
};
const DTYPE_OF_CODE = new Map(Object.entries(CODES).map(([dtype, code]) => [code, dtype as DType]));

/** NumPy types that are none of ours, and what to save instead. */
const CASTS: Readonly<Record<string, string>> = { f16: 'float64' };

/** The bytes of a .npy file (format 1.0, little endian, row-major), as NumPy itself writes it. */
export function encodeNpy({ dtype, shape, array }: Pick<Elements, 'dtype' | 'shape' | 'array'>): Uint8Array {
  if (array.length !== sizeOf(shape)) {
    throw new ShapeError(
      `encodeNpy: ${array.length} elements do not fill shape ${formatShape(shape)}; give a shape whose product ` +
        `is ${array.length}.`,
      { shape, length: array.length },
    );
  }
  if (CODES[dtype] === undefined) {
    throw new DTypeError(`encodeNpy: NumPy has no ${dtype}; use astype('float32') first.`, { dtype });
  }
  const header = headerText(dtype, shape);
  const headerEnd = MAGIC.length + 4 + header.length;
  const file = new Uint8Array(headerEnd + array.byteLength);
  file.set(MAGIC);
  file.set([1, 0, header.length & 0xff, header.length >> 8], MAGIC.length);
  for (let i = 0; i < header.length; i++) file[MAGIC.length + 4 + i] = header.charCodeAt(i);
  const data = file.subarray(headerEnd);
  data.set(bytesOf(array));
  if (!littleEndianHost) swapBytes(data, DTYPES[dtype].itemBytes);
  return file;
}

/**
 * The tensor in a .npy file of format 1.0, 2.0 or 3.0, of either byte order, row- or column-major; always a fresh
 * array. Throws FormatError (`details.code`: not-npy, version, truncated, trailing, or malformed for a header that
 * breaks the format or is over 64 KiB) and DTypeError (element type not held).
 */
export function decodeNpy(bytes: Uint8Array): Elements {
  const { text, dataStart } = splitHeader(bytes);
  const { descr, fortranOrder, shape } = parseNpyHeader(text);
  const { dtype, bigEndian } = parseDescr(descr);
  const stored = bytes.subarray(dataStart);
  const size = sizeOf(shape);
  if (!(size <= MAX_ELEMENTS) || stored.length !== size * DTYPES[dtype].itemBytes) {
    throw new FormatError(
      `.npy: the header states ${dtype} ${formatShape(shape)}, ${size * DTYPES[dtype].itemBytes} bytes, but ` +
        `${stored.length} follow; the file is truncated or is not a single array, write it again.`,
      {
        code: stored.length > size * DTYPES[dtype].itemBytes ? 'trailing' : 'truncated',
        shape,
        dtype,
        sizeBytes: stored.length,
      },
    );
  }
  const array = readElements(stored, dtype, size, bigEndian);
  return { dtype, shape, array: fortranOrder ? fromColumnMajor(array, dtype, shape) : array, fresh: true };
}

function readElements(stored: Uint8Array, dtype: DType, size: number, bigEndian: boolean): TypedArray {
  const array = allocate(dtype, size);
  const bytes = bytesOf(array);
  bytes.set(stored);
  if (bigEndian === littleEndianHost) swapBytes(bytes, DTYPES[dtype].itemBytes);
  return dtype === 'bool' ? asTruth(array).array : array;
}

const fromColumnMajor = (array: TypedArray, dtype: DType, shape: Shape): TypedArray =>
  gatherElements(array, dtype, { shape, strides: stridesOf(shape.toReversed()).reverse(), offset: 0 }, '.npy').array;

function headerText(dtype: DType, shape: Shape): string {
  const order = DTYPES[dtype].itemBytes === 1 ? '|' : '<';
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const growth = shape.length === 0 ? 0 : GROWTH_DIGITS - String(shape[0]).length;
  const fields = `'descr': '${order}${CODES[dtype]}', 'fortran_order': False, 'shape': ${tuple}, `;
  const dictionary = `{${fields}}${' '.repeat(growth)}`;
  const unpadded = MAGIC.length + 4 + dictionary.length + 1;
  return `${dictionary}${' '.repeat(ALIGNMENT_BYTES - (unpadded % ALIGNMENT_BYTES))}\n`;
}

/** The header's text and where the elements begin. */
function splitHeader(bytes: Uint8Array): { text: string; dataStart: number } {
  const major = bytes[6];
  if (!MAGIC.every((byte, i) => i >= bytes.length || bytes[i] === byte))
    throw notNpy('not-npy', 'it does not begin with \\x93NUMPY');
  if (bytes.length < 8) throw notNpy('truncated', 'it ends inside the header');
  if ((major !== 1 && major !== 2 && major !== 3) || bytes[7] !== 0)
    throw notNpy('version', `its version is ${major}.${bytes[7]}, not 1.0, 2.0 or 3.0`);
  const lengthBytes = major === 1 ? 2 : 4;
  const start = 8 + lengthBytes;
  if (bytes.length < start) throw notNpy('truncated', 'it ends inside the header');
  let length = 0;
  for (let i = lengthBytes - 1; i >= 0; i--) length = length * 256 + bytes[8 + i]!;
  if (length > MAX_HEADER_BYTES)
    throw notNpy('malformed', `its header is ${length} bytes long, more than ${MAX_HEADER_BYTES}`);
  if (bytes.length < start + length) throw notNpy('truncated', 'it ends inside the header');
  return { text: latin1(bytes.subarray(start, start + length)), dataStart: start + length };
}

// A header of a dtype that is read here is ASCII; other bytes only have to survive into the message about it.
const latin1 = (bytes: Uint8Array): string => Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');

function parseDescr(descr: string): { dtype: DType; bigEndian: boolean } {
  const [, order = '', code = ''] = /^([<>|=]?)(.*)$/s.exec(descr) ?? [];
  const dtype = DTYPE_OF_CODE.get(code);
  if (dtype === undefined) {
    const remedy =
      CASTS[code] === undefined ? 'save an array of floats, integers or booleans' : `save a.astype('${CASTS[code]}')`;
    throw new DTypeError(`.npy: elements of type '${descr.slice(0, 40)}' are not supported; ${remedy} in NumPy.`, {
      descr: descr.slice(0, 40),
    });
  }
  if (DTYPES[dtype].itemBytes > 1 && order !== '<' && order !== '>') {
    throw notNpy('malformed', `'${descr}' does not state the byte order`);
  }
  return { dtype, bigEndian: order === '>' };
}

const notNpy = (code: string, reason: string): FormatError =>
  new FormatError(`.npy: ${reason}; write the file again with numpy.save or encodeNpy.`, { code, reason });
