// Routes: cheaper ways to the same bits, for operands with structure. Rows of pattern, precondition and what to do
// instead.
//
// A route is taken in every numerics class because its bits are those of the specification's kernel wherever its
// precondition holds (docs/patterns.md says why, route by route; tests/pattern compares them over special values). So
// the plan depends on operands alone.
import type { KernelSpec } from '../ops/define.ts';
import { isFloat } from '../tensor/dtype.ts';
import { LINALG_ROUTES } from './linalg-routes.ts';
import { PRODUCT_ROUTES } from './product-routes.ts';
import type { Route, RoutePlan, RouteTask } from './route.ts';

/** All routes, in the order in which they are tried. */
export const ROUTES: readonly Route[] = [...PRODUCT_ROUTES, ...LINALG_ROUTES];

const bySkeleton: Partial<Record<KernelSpec['skeleton'], readonly Route[]>> = {
  contract: ROUTES.filter((route) => route.skeleton === 'contract'),
  linalg: ROUTES.filter((route) => route.skeleton === 'linalg'),
};

/** Scanning an element, and a floating-point operation of the dense kernels it may save, in nanoseconds. */
const SCAN_NS = 0.5;
const FLOAT_NS = 1 / 40;
const INTEGER_NS = 1;
/** Share of an op that looking for structure may cost. */
const SCAN_SHARE = 0.05;

/**
 * The way around a task, or undefined; ops of skeletons without routes return at once, small ones without a look at
 * their elements.
 */
export function routeFor(task: RouteTask): RoutePlan | undefined {
  const routes = bySkeleton[task.row.kernel.skeleton];
  if (routes === undefined || !isWorthScanning(task)) return undefined;
  const { kernel } = task.row;
  for (const route of routes) {
    if (route.factor !== undefined && (kernel.skeleton !== 'linalg' || kernel.factor !== route.factor)) continue;
    const plan = route.plan(task);
    if (plan !== undefined) return plan;
  }
  return undefined;
}

/** Whether scanning all operands should cost at most 5 % of the op: a pure function of sizes. */
export function isWorthScanning({ row, attrs, operands, type }: RouteTask): boolean {
  let elements = 0;
  for (const operand of operands) elements += operand.type.size;
  const flops = row.flops(
    operands.map((operand) => operand.type),
    type,
    attrs,
  );
  return elements * SCAN_NS <= SCAN_SHARE * flops * (isFloat(type.dtype) ? FLOAT_NS : INTEGER_NS);
}
