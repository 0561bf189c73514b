// Matrix by vector and vector by matrix: bound by reading the matrix once, so every load of it is a whole cache line of
// neighbours.
import { bindingsOf, buffersOf, type EpilogueAccess, shaderFor } from './epilogue.ts';
import { operandText, resultText } from './text.ts';
import {
  type BatchRun,
  batchRuns,
  CONTRACT_PARAMS,
  contractParams,
  type ContractProblem,
  type Form,
  layoutOf,
  type Split,
  wholeK,
} from './problem.ts';
import { planParts } from './split.ts';
import { type Launch, linearWorkgroups, type Plan, type Shader } from '../launch.ts';
import { CONTRACT_GEMV_COLUMNS, CONTRACT_GEMV_ROWS, CONTRACT_LOAD_STRIDED, CONTRACT_PARTS } from '../shaders.gen.ts';
import { fillTemplate } from '../text/template.ts';

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
  return { launches: batchRuns(product.problem).map((run) => launchOf(product, run, wholeK(problem))), scratch: [] };
}

/** As `planGemv` for a problem whose batches are one run, with K in parts. */
export const planSplitGemv = (problem: ContractProblem, split: Split): Plan =>
  planParts(problem, split, (plain) => {
    const product = matrixVectorOf(plain);
    return launchOf(product, batchRuns(product.problem)[0]!, split);
  });

/** Threads that a product with m = 1 or n = 1 has in one piece. */
export function gemvThreads(problem: ContractProblem): number {
  const product = matrixVectorOf(problem);
  return groupsOf(product) * problem.offsetsA.length * (product.alongK ? 64 : 256);
}

/** What K is cut to wholes of: a step of all threads of a workgroup, whichever of the two kernels it is. */
export const GEMV_DEPTH = 256;

function launchOf(product: MatrixVector, run: BatchRun, split: Split): Launch {
  const { matrix, problem, alongK } = product;
  const [x, y] = linearWorkgroups(groupsOf(product));
  return {
    shader: shaderOf(product),
    buffers: buffersOf([matrix, 1 - matrix], problem.epilogue),
    params: Uint32Array.from([...contractParams(problem, run, split), alongK ? lanesFor(problem.k) : 0]),
    workgroups: [x, y, run.count * split.parts],
  };
}

const groupsOf = ({ problem: { n, k }, alongK }: MatrixVector): number =>
  Math.ceil(n / (alongK ? (64 / lanesFor(k)) * 4 : 32));

/** Threads that share a line: a power of two, so that each has at least four vectors of it where it can. */
const lanesFor = (k: number): number => Math.min(64, Math.max(1, 2 ** Math.floor(Math.log2(k / 16 + 1))));

function matrixVectorOf(problem: ContractProblem): MatrixVector {
  const { m, n, transposeA, transposeB, lda, ldb, offsetsA, offsetsB } = problem;
  const { a, b } = layoutOf(problem);
  if (n === 1)
    return {
      problem: { ...problem, m: 1, n: m, ldb: transposeB ? 1 : ldb, epilogue: turned(problem) },
      matrix: 0,
      alongK: a.alongK,
      form: a.form,
    };
  return {
    problem: { ...problem, lda: ldb, ldb: transposeA ? lda : 1, offsetsA: offsetsB, offsetsB: offsetsA },
    matrix: 1,
    alongK: b.alongK,
    form: b.form,
  };
}

/** The epilogue of a column that is computed as a row. */
function turned({ epilogue }: ContractProblem): ContractProblem['epilogue'] {
  const access: Readonly<Record<EpilogueAccess, EpilogueAccess>> = {
    element: 'element',
    column: 'single',
    row: 'column',
    single: 'single',
  };
  return epilogue && { ...epilogue, operands: epilogue.operands.map((one) => access[one]) };
}

function shaderOf({ problem: { n, epilogue }, alongK, form }: MatrixVector): Shader {
  const result: Form = n % 4 === 0 ? 'vector' : 'scalar';
  return shaderFor(`gemv ${alongK ? 'rows' : 'columns'} ${form} ${result}`, epilogue, (name) => ({
    name,
    bindings: bindingsOf(2, epilogue),
    params: [...CONTRACT_PARAMS, 'lanes: u32'],
    code: fillTemplate(alongK ? CONTRACT_GEMV_ROWS : CONTRACT_GEMV_COLUMNS, {
      io: [
        CONTRACT_PARTS,
        operandText({ name: 'A', form, alongK }),
        CONTRACT_LOAD_STRIDED,
        resultText(result, epilogue),
      ].join('\n'),
    }),
  }));
}
