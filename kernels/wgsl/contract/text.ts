// WGSL that the contract shaders have in common: reading operands, writing C, and 4×4 blocks written out in named
// vectors.
import { type ContractEpilogue, finishText } from './epilogue.ts';
import type { ContractLayout, Form, OperandLayout } from './problem.ts';
import {
  CONTRACT_LOAD_SCALAR,
  CONTRACT_LOAD_VECTOR,
  CONTRACT_PARTS,
  CONTRACT_STORE_SCALAR,
  CONTRACT_STORE_VECTOR,
} from '../shaders.gen.ts';
import { fillTemplate } from '../text/template.ts';

/** Components of a vec4. */
export const COMPONENTS = ['x', 'y', 'z', 'w'] as const;

/** Texts of 0 … count − 1, a line each. */
export const written = (count: number, text: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => text(index)).join('\n');

/** Declares an operand and its `loadA` or `loadB`. */
export const operandText = ({ name, form }: OperandLayout): string =>
  fillTemplate(form === 'vector' ? CONTRACT_LOAD_VECTOR : CONTRACT_LOAD_SCALAR, {
    name,
    array: name.toLowerCase(),
    binding: name === 'A' ? 0 : 1,
    stride: `ld${name.toLowerCase()}`,
  });

/** Declares C after two operands, what is done to it, and its `store`. */
export const resultText = (form: Form, epilogue: ContractEpilogue | undefined): string =>
  [
    fillTemplate(form === 'vector' ? CONTRACT_STORE_VECTOR : CONTRACT_STORE_SCALAR, { binding: 2 }),
    finishText(epilogue, 3),
  ].join('\n');

/** Both operands, C, and the shared functions. */
export const ioText = ({ a, b, c, epilogue }: ContractLayout): string =>
  [CONTRACT_PARTS, operandText(a), operandText(b), resultText(c, epilogue)].join('\n');

/** Declares the accumulators c{row}_{vector} of a thread's block of C. */
export const accumulatorsText = (rows: number, vectors: number): string =>
  written(rows, (row) => written(vectors, (vector) => `var c${row}_${vector} = vec4<f32>();`));

/**
 * What `load{A,B}` is told of four neighbours across (rows of op(A), columns of op(B)) at four k: line, lines,
 * position, extent.
 */
export function loadArguments({ name, alongK }: OperandLayout, across: string, k: string, step: string): string {
  const extent = name === 'A' ? 'params.m' : 'params.n';
  return alongK
    ? `base${name}, ${across} + ${step}, ${extent}, ${k}, kEnd`
    : `base${name}, ${k} + ${step}, kEnd, ${across}, ${extent}`;
}

/** The 4×4 block of four loaded vectors, k-major: as they are, or turned round. */
export function blockText(alongK: boolean, loaded: (line: number) => string, line: number): string {
  if (!alongK) return loaded(line);
  return `vec4<f32>(${COMPONENTS.map((_, other) => `${loaded(other)}.${COMPONENTS[line]!}`).join(', ')})`;
}

/** Multiplies four k of 4 rows by 4 columns, read straight from memory, into c0_0 … c3_0. */
export function directBlockText({ a, b }: ContractLayout): string {
  const load = (operand: OperandLayout, across: string): string =>
    [
      written(
        4,
        (line) =>
          `let loaded${operand.name}${line} = load${operand.name}(${loadArguments(operand, across, 'k', `${line}u`)});`,
      ),
      written(
        4,
        (line) =>
          `let ${operand.name.toLowerCase()}${line} = ` +
          `${blockText(operand.alongK, (other) => `loaded${operand.name}${other}`, line)};`,
      ),
    ].join('\n');
  return [
    load(a, 'row'),
    load(b, 'column'),
    written(4, (k) => written(4, (row) => `c${row}_0 = fma(vec4<f32>(a${k}.${COMPONENTS[row]!}), b${k}, c${row}_0);`)),
  ].join('\n');
}
