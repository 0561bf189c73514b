// A formula wherever it stands: its tree, the references in it, its text in pieces, and the kernel of its numbers.
import type { CellProgram, CellStep, OperandCourse } from '../../kernels/cells/cell-kernel.ts';
import type { FormulaNode, Reference } from './formula-node.ts';
import { templateKey, piecesOf } from './print.ts';

export interface FormulaTemplate {
  readonly root: FormulaNode;
  readonly pieces: ReturnType<typeof piecesOf>;
  /** Every reference, in the order of the text. */
  readonly references: readonly Reference[];
  /** Where only numbers and arithmetic are in it: the same computed cell after cell. */
  readonly kernel: TemplateKernel | undefined;
}

export interface TemplateKernel {
  readonly program: CellProgram;
  /** The single cells that the operands of the program are. */
  readonly operands: readonly Reference[];
}

/** Templates, each of which is there once. */
export class Templates {
  readonly #known = new Map<string, FormulaTemplate>();

  get count(): number {
    return this.#known.size;
  }

  of(root: FormulaNode): FormulaTemplate {
    const pieces = piecesOf(root);
    const key = templateKey(pieces);
    let template = this.#known.get(key);
    if (template === undefined) {
      const references = pieces.filter((piece) => typeof piece !== 'string');
      template = { root, pieces, references, kernel: kernelOf(root) };
      this.#known.set(key, template);
    }
    return template;
  }
}

const STEPS: Readonly<Record<string, Exclude<CellStep['step'], 'operand' | 'constant'>>> = {
  '+': 'add',
  '-': 'sub',
  '*': 'mul',
  '/': 'div',
  ABS: 'abs',
  INT: 'floor',
  SQRT: 'sqrt',
};

/** The kernel of a formula that is arithmetic over single cells; undefined of any other. */
function kernelOf(root: FormulaNode): TemplateKernel | undefined {
  const steps: CellStep[] = [];
  const operands: Reference[] = [];
  if (!compile(root, steps, operands) || operands.length === 0) return undefined;
  return { program: { steps, operands: operands.map(courseOf) }, operands };
}

/** The result of the cell above stays in a register, for it is what a column's sums and chains wait for. */
function courseOf({ sheet, first: { column, row } }: Reference): OperandCourse {
  if (row.isAbsolute) return 'still';
  return sheet === undefined && !column.isAbsolute && column.value === 0 && row.value === -1 ? 'before' : 'along';
}

/** Appends the steps of a tree; false where it is no arithmetic. */
function compile(node: FormulaNode, steps: CellStep[], operands: Reference[]): boolean {
  if (node.kind === 'value') {
    if (typeof node.value !== 'number') return false;
    steps.push({ step: 'constant', value: node.value });
    return true;
  }
  if (node.kind === 'reference') {
    if (node.reference.isRange) return false;
    steps.push({ step: 'operand', index: operands.push(node.reference) - 1 });
    return true;
  }
  if (node.kind === 'unary') {
    // A sign that changes nothing keeps a text a text, which is no arithmetic.
    if (node.operator === '+' || !compile(node.operand, steps, operands)) return false;
    if (node.operator === '-') steps.push({ step: 'neg' });
    else steps.push({ step: 'constant', value: 100 }, { step: 'div' });
    return true;
  }
  const parts = node.kind === 'binary' ? [node.left, node.right] : node.kind === 'call' ? node.operands : [];
  const step = STEPS[node.kind === 'binary' ? node.operator : node.kind === 'call' ? node.name : ''];
  if (step === undefined || (node.kind === 'call' && parts.length !== 1)) return false;
  if (!parts.every((part) => compile(part, steps, operands))) return false;
  steps.push({ step });
  return true;
}
