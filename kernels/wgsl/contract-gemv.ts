// Matrix by vector and vector by matrix: bound by reading the matrix once, so every load of it is a whole cache line of neighbours.
import { bindingsOf, buffersOf, type EpilogueAccess, shaderFor } from './contract-epilogue.ts';
import { operandText, resultText } from './contract-text.ts';
import { batchRuns, CONTRACT_PARAMS, contractParams, type ContractProblem, type Form, layoutOf, wholeK } from './contract-problem.ts';
import { linearWorkgroups, type Plan, type Shader } from './launch.ts';
import { CONTRACT_GEMV_COLUMNS, CONTRACT_GEMV_ROWS, CONTRACT_LOAD_STRIDED, CONTRACT_PARTS } from './shaders.gen.ts';
import { fillTemplate } from './template.ts';

/** A product with one row or one column, as a matrix (operand `A` of the shader) by a vector. */
interface MatrixVector {
  readonly problem: ContractProblem;
  /** Which operands of the product they are. */
  readonly matrix: 0 | 1;
  readonly alongK: boolean;
  readonly form: Form;
}

/** A product with m = 1 or n = 1. */
export function planGemv(problem: ContractProblem): Plan {
  const product = matrixVectorOf(problem);
  const shader = shaderOf(product);
  const { n, k } = product.problem;
  const lanes = product.alongK ? lanesFor(k) : 0;
  const groups = Math.ceil(n / (product.alongK ? (64 / lanes) * 4 : 32));
  const [x, y] = linearWorkgroups(groups);
  const launches = batchRuns(product.problem).map((run) => ({
    shader, buffers: buffersOf([product.matrix, 1 - product.matrix], product.problem.epilogue), params: Uint32Array.from([...contractParams(product.problem, run, wholeK(problem)), lanes]),
    workgroups: [x, y, run.count] as const,
  }));
  return { launches, scratch: [] };
}

/** Threads that share a line: a power of two, so that each has at least four vectors of it where it can. */
const lanesFor = (k: number): number => Math.min(64, Math.max(1, 2 ** Math.floor(Math.log2(k / 16 + 1))));

function matrixVectorOf(problem: ContractProblem): MatrixVector {
  const { m, n, transposeA, transposeB, lda, ldb, offsetsA, offsetsB } = problem;
  const { a, b } = layoutOf(problem);
  if (n === 1) return { problem: { ...problem, m: 1, n: m, ldb: transposeB ? 1 : ldb, epilogue: turned(problem) }, matrix: 0, alongK: a.alongK, form: a.form };
  return { problem: { ...problem, lda: ldb, ldb: transposeA ? lda : 1, offsetsA: offsetsB, offsetsB: offsetsA }, matrix: 1, alongK: b.alongK, form: b.form };
}

/** The epilogue of a column that is computed as a row. */
function turned({ epilogue }: ContractProblem): ContractProblem['epilogue'] {
  const access: Readonly<Record<EpilogueAccess, EpilogueAccess>> = { element: 'element', column: 'single', row: 'column', single: 'single' };
  return epilogue && { ...epilogue, operands: epilogue.operands.map((one) => access[one]) };
}

function shaderOf({ problem: { n, epilogue }, alongK, form }: MatrixVector): Shader {
  const result: Form = n % 4 === 0 ? 'vector' : 'scalar';
  return shaderFor(`gemv ${alongK ? 'rows' : 'columns'} ${form} ${result}`, epilogue, (name) => ({
    name, bindings: bindingsOf(2, epilogue), params: [...CONTRACT_PARAMS, 'lanes: u32'],
    code: fillTemplate(alongK ? CONTRACT_GEMV_ROWS : CONTRACT_GEMV_COLUMNS, {
      io: [CONTRACT_PARTS, operandText({ name: 'A', form, alongK }), CONTRACT_LOAD_STRIDED, resultText(result, epilogue)].join('\n'),
    }),
  }));
}
