// Einstein's summation: the subscripts read, and the calls they come to: diagonals and sums of single operands, matrix
// products of pairs in the cheapest order, and a permutation at the end.
import { AttributeError, ShapeError } from '../../errors.ts';
import { formatShape, type Shape, sizeOf } from '../../tensor/shape.ts';
import { type Called, type Calls, composite, type Composite } from '../composite.ts';
import { type Labels, pairSteps } from './contraction-order.ts';

/** What subscripts say: labels of the axes of every operand and of the result. Axes of an ellipsis are `.0`, `.1`, … */
interface Subscripts {
  readonly inputs: readonly Labels[];
  readonly output: Labels;
}

const refuse = (text: string, why: string): never => {
  throw new AttributeError(
    `einsum: "${text}": ${why}. Subscripts are letters, one an axis, as in "ij,jk->ik"; ... stands for axes between.`,
    { subscripts: text },
  );
};

/** Reads subscripts against the ranks of the operands. */
function readSubscripts(text: string, ranks: readonly number[]): Subscripts {
  const spaceless = text.replaceAll(' ', '');
  const [left = '', right, ...more] = spaceless.split('->');
  if (more.length > 0) refuse(text, 'there is more than one ->');
  const terms = left.split(',');
  if (terms.length !== ranks.length)
    refuse(text, `it has ${terms.length} terms and there are ${ranks.length} operands`);
  const spans = terms.map((term, i) => spanOf(text, term, ranks[i]!));
  const inputs = terms.map((term, i) => labelsOf(term, spans[i]));
  const span = Math.max(0, ...spans.map((each) => each ?? 0));
  const hasSpan = spans.some((each) => each !== undefined);
  return { inputs, output: right === undefined ? implied(inputs, span) : explicit(text, right, inputs, span, hasSpan) };
}

/** So many axes the ellipsis of a term stands for; undefined where it has none. */
function spanOf(text: string, term: string, rank: number): number | undefined {
  const letters = term.replace('...', '');
  const stray = /[^a-zA-Z]/.exec(letters);
  if (stray !== null) refuse(text, `"${stray[0]}" in "${term}" is not a letter`);
  if (letters === term) {
    if (letters.length !== rank) refuse(text, `"${term}" has ${letters.length} letters and its operand ${rank} axes`);
    return undefined;
  }
  if (letters.length > rank) refuse(text, `"${term}" has ${letters.length} letters and its operand only ${rank} axes`);
  return rank - letters.length;
}

/** Letters and axes of an ellipsis, which are counted from the last one. */
function labelsOf(term: string, span: number | undefined): Labels {
  const [before = '', after] = term.split('...');
  return [before.split(''), after === undefined ? [] : [...spanLabels(span ?? 0), ...after.split('')]].flat();
}

const spanLabels = (span: number): string[] => Array.from({ length: span }, (_, i) => `.${span - 1 - i}`);

/** Without an arrow: axes of the ellipsis, then the letters that occur once, in the order of the alphabet. */
function implied(inputs: readonly Labels[], span: number): Labels {
  const all = inputs.flat().filter((label) => !label.startsWith('.'));
  const once = all.filter((label) => all.indexOf(label) === all.lastIndexOf(label));
  return [...spanLabels(span), ...once.sort((a, b) => (a < b ? -1 : 1))];
}

function explicit(text: string, term: string, inputs: readonly Labels[], span: number, hasSpan: boolean): Labels {
  if (term.includes('...') && !hasSpan) refuse(text, 'its result has an ellipsis and no operand has one');
  if (!term.includes('...') && span > 0)
    refuse(text, 'its result has no ellipsis for the axes that an operand has in one');
  const stray = /[^a-zA-Z]/.exec(term.replace('...', ''));
  if (stray !== null) refuse(text, `"${stray[0]}" in "${term}" is not a letter`);
  const output = labelsOf(term, span);
  const twice = output.find((label, i) => output.indexOf(label) !== i);
  if (twice !== undefined) refuse(text, `its result has ${twice} twice`);
  const known = new Set(inputs.flat());
  const unknown = output.find((label) => !known.has(label));
  if (unknown !== undefined) refuse(text, `no operand has the ${unknown} of its result`);
  return output;
}

/** The length of every label; axes of length 1 stretch to those of others. */
function lengthsOf(text: string, inputs: readonly Labels[], shapes: readonly Shape[]): Map<string, number> {
  const lengths = new Map<string, number>();
  inputs.forEach((labels, i) =>
    labels.forEach((label, axis) => {
      const [length, known] = [shapes[i]![axis]!, lengths.get(label)];
      if (known === undefined || known === 1) lengths.set(label, length);
      else if (length !== known && length !== 1)
        throw new ShapeError(
          `einsum: "${text}": ${label.startsWith('.') ? 'an axis of the ellipsis' : label} is ${known} and ${length} ` +
            `long; operands have shapes ${shapes.map(formatShape).join(', ')}: give axes of one label one length.`,
          { subscripts: text, label },
        );
    }),
  );
  return lengths;
}

/** An operand under way. */
interface Term<C> {
  readonly x: C;
  readonly labels: Labels;
}

const EINSUM = composite({
  name: 'einsum',
  doc:
    "Sums of products by Einstein's convention: axes with one letter go together, and are summed where the result " +
    'has none of them.',
  operands: [{ name: 'operands', kind: 'numeric' }],
  variadic: true,
  positional: ['subscripts'],
  attributes: {
    subscripts: { kind: 'text', doc: 'letters of the axes of every operand, and of the result: ij,jk->ik' },
  },
  deviation: 'the operands come first, as a list',
  expand: (call, operands, attrs) => einsum(call, operands, String(attrs['subscripts'])),
});

function einsum<C extends Called>(call: Calls<C>, operands: readonly C[], text: string): C {
  const shapes = operands.map(({ type }) => type.shape);
  const ranks = shapes.map((shape) => shape.length);
  const { inputs, output } = readSubscripts(text, ranks);
  const lengths = lengthsOf(text, inputs, shapes);
  const wide = operands.map((x, i) => withoutThin(call, { x, labels: inputs[i]! }, lengths));
  let terms = wide.map((term, i) => {
    const others = wide.filter((_, k) => k !== i).flatMap(({ labels }) => labels);
    return alone(call, term, new Set([...output, ...others]));
  });
  const labelsOfTerms = terms.map(({ labels }) => labels);
  for (const [i, j] of pairSteps(labelsOfTerms, output, lengths)) {
    const left = terms.filter((_, k) => k !== i && k !== j);
    const needed = new Set([...output, ...left.flatMap(({ labels }) => labels)]);
    terms = [...left, pair(call, terms[i]!, terms[j]!, needed)];
  }
  return permuted(call, terms[0]!, output);
}

/** An operand without its axes of length 1 that stretch: what it is multiplied with has them. */
function withoutThin<C extends Called>(
  call: Calls<C>,
  { x, labels }: Term<C>,
  lengths: ReadonlyMap<string, number>,
): Term<C> {
  const isThin = (label: string, axis: number): boolean => x.type.shape[axis] === 1 && lengths.get(label) !== 1;
  const axis = labels.flatMap((label, at) => (isThin(label, at) ? [at] : []));
  if (axis.length === 0) return { x, labels };
  return { x: call('squeeze', [x], { axis }), labels: labels.filter((_, at) => !axis.includes(at)) };
}

/** One operand: the diagonal of axes with one letter, and sums of those that nobody else has. */
function alone<C extends Called>(call: Calls<C>, term: Term<C>, others: ReadonlySet<string>): Term<C> {
  let { x, labels } = term;
  for (;;) {
    const twice = labels.findIndex((label, axis) => labels.indexOf(label) !== axis);
    if (twice < 0) break;
    const first = labels.indexOf(labels[twice]!);
    const rest = labels.flatMap((_, axis) => (axis === first || axis === twice ? [] : [axis]));
    x = call('diagonal', [call('permute_dims', [x], { axes: [...rest, first, twice] })]);
    labels = [...rest, first].map((axis) => labels[axis]!);
  }
  const summed = labels.flatMap((label, axis) => (others.has(label) ? [] : [axis]));
  if (summed.length === 0) return { x, labels };
  return { x: call('sum', [x], { axis: summed }), labels: labels.filter((label) => others.has(label)) };
}

const permuted = <C extends Called>(call: Calls<C>, { x, labels }: Term<C>, order: Labels): C =>
  order.every((label, i) => labels[i] === label)
    ? x
    : call('permute_dims', [x], { axes: order.map((label) => labels.indexOf(label)) });

/** Two operands: a matrix product of what is summed, or a product of elements where nothing is. */
function pair<C extends Called>(call: Calls<C>, a: Term<C>, b: Term<C>, needed: ReadonlySet<string>): Term<C> {
  const shared = a.labels.filter((label) => b.labels.includes(label));
  const batch = shared.filter((label) => needed.has(label));
  const summed = shared.filter((label) => !needed.has(label));
  const ownOf = ({ labels: own }: Term<C>): Labels => own.filter((label) => !shared.includes(label));
  const [rows, columns] = [ownOf(a), ownOf(b)];
  const labels = [...batch, ...rows, ...columns];
  const left = (last: Labels, shape: Shape): C =>
    call('reshape', [permuted(call, a, [...batch, ...rows, ...last])], { shape });
  const right = (shape: Shape): C => call('reshape', [permuted(call, b, [...batch, ...summed, ...columns])], { shape });
  const lengthsOfBoth = (some: Labels): Shape => lengthsIn(a, b, some);
  const [lead, m, n, k] = [lengthsOfBoth(batch), lengthsOfBoth(rows), lengthsOfBoth(columns), lengthsOfBoth(summed)];
  if (summed.length === 0) {
    const ones = (some: Shape): Shape => some.map(() => 1);
    return { x: call('multiply', [left([], [...lead, ...m, ...ones(n)]), right([...lead, ...ones(m), ...n])]), labels };
  }
  const product = call('matmul', [
    left(summed, [...lead, sizeOf(m), sizeOf(k)]),
    right([...lead, sizeOf(k), sizeOf(n)]),
  ]);
  return { x: call('reshape', [product], { shape: [...lead, ...m, ...n] }), labels };
}

/** Lengths of the axes with these labels, in the one of two operands that has them. */
const lengthsIn = <C extends Called>(a: Term<C>, b: Term<C>, labels: Labels): Shape =>
  labels.map((label) => {
    const { x, labels: own } = a.labels.includes(label) ? a : b;
    return x.type.shape[own.indexOf(label)]!;
  });

/** Composites of this family. */
export const EINSUMS: readonly Composite[] = [EINSUM];
