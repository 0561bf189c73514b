// Which pair of operands of a contraction comes first: the cheapest order there is for few operands, the cheapest next
// pair for many.

/** Labels of an operand's axes. */
export type Labels = readonly string[];

/** A step: two of the operands that are there, which one that comes last takes the place of. */
type PairStep = readonly [number, number];

/** Operands of which every order is looked at. */
const FEW = 8;

/** The labels of a pair that are still needed beside the others. */
const remaining = (a: Labels, b: Labels, needed: ReadonlySet<string>): string[] =>
  [...new Set([...a, ...b])].filter((label) => needed.has(label));

/** Pairs to contract, one after another. */
export function pairSteps(
  operands: readonly Labels[],
  output: Labels,
  lengths: ReadonlyMap<string, number>,
): PairStep[] {
  const steps: PairStep[] = [];
  let rest = operands;
  const neededBeside = (left: readonly Labels[]): Set<string> => new Set([...output, ...left.flat()]);
  while (rest.length > FEW) {
    const [i, j] = cheapestPair(rest, lengths);
    const left = rest.filter((_, k) => k !== i && k !== j);
    steps.push([i, j]);
    rest = [...left, remaining(rest[i]!, rest[j]!, neededBeside(left))];
  }
  return [...steps, ...bestSteps(rest, output, lengths)];
}

/** Multiplications of a pair: one for every value of their labels. */
const costOf = (a: Labels, b: Labels, lengths: ReadonlyMap<string, number>): number =>
  [...new Set([...a, ...b])].reduce((cost, label) => cost * lengths.get(label)!, 1);

function cheapestPair(operands: readonly Labels[], lengths: ReadonlyMap<string, number>): PairStep {
  let best: PairStep = [0, 1];
  let least = Infinity;
  for (let i = 0; i < operands.length; i++)
    for (let j = i + 1; j < operands.length; j++) {
      const cost = costOf(operands[i]!, operands[j]!, lengths);
      if (cost < least) [best, least] = [[i, j], cost];
    }
  return best;
}

/** The least work that a set of operands comes to one with, and how it is split then. */
interface Plan {
  readonly labels: Labels;
  readonly cost: number;
  readonly split: readonly [number, number] | undefined;
}

/** By sets of operands, each split in every way; sets are bits of a number. */
function bestSteps(operands: readonly Labels[], output: Labels, lengths: ReadonlyMap<string, number>): PairStep[] {
  const count = operands.length;
  const plans: Plan[] = [];
  for (let set = 1; set < 1 << count; set++) {
    const single = operands.findIndex((_, k) => set === 1 << k);
    const beside = operands.filter((_, k) => (set & (1 << k)) === 0).flat();
    plans[set] =
      single >= 0
        ? { labels: operands[single]!, cost: 0, split: undefined }
        : bestSplit(set, plans, new Set([...output, ...beside]), lengths);
  }
  return stepsOf(plans, (1 << count) - 1, count);
}

function bestSplit(
  set: number,
  plans: readonly Plan[],
  needed: ReadonlySet<string>,
  lengths: ReadonlyMap<string, number>,
): Plan {
  let best: Plan | undefined;
  for (let part = (set - 1) & set; part > set - part; part = (part - 1) & set) {
    const [a, b] = [plans[part]!, plans[set - part]!];
    const cost = a.cost + b.cost + costOf(a.labels, b.labels, lengths);
    if (best === undefined || cost < best.cost)
      best = { labels: remaining(a.labels, b.labels, needed), cost, split: [set - part, part] };
  }
  return best!;
}

/** A plan as steps on a list from which a pair goes, and which its result is added to. */
function stepsOf(plans: readonly Plan[], whole: number, count: number): PairStep[] {
  const steps: PairStep[] = [];
  let list = Array.from({ length: count }, (_, k) => 1 << k);
  const visit = (set: number): void => {
    const { split } = plans[set]!;
    if (split === undefined) return;
    const [a, b] = split;
    visit(a);
    visit(b);
    const [i, j] = [list.indexOf(a), list.indexOf(b)];
    steps.push([i, j]);
    list = [...list.filter((_, k) => k !== i && k !== j), set];
  };
  visit(whole);
  return steps;
}
