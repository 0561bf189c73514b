// Parameters as people keep them: a tensor, or lists and records of such, as deep as they like.
import { SourceError, Tensor } from '../surface.ts';

/** A tensor, or a list or record of parameters. */
export type Parameters = Tensor | readonly Parameters[] | { readonly [name: string]: Parameters };

/** The same structure with another type for each tensor; unknown where the structure is. */
export type Like<P, T> = Parameters extends P
  ? unknown
  : P extends Tensor
    ? T
    : { readonly [K in keyof P]: Like<P[K], T> };

/** Its tensors, from the first to the last. */
export function leavesOf(parameters: Parameters, owner: string): Tensor[] {
  if (parameters instanceof Tensor) return [parameters];
  if (typeof parameters === 'object' && parameters !== null)
    return Object.values(parameters as Record<string, Parameters>).flatMap((each) => leavesOf(each, owner));
  throw new SourceError(
    `${owner}: ${String(parameters)} is no tensor; differentiate by tensors, or by lists and records of them.`,
    { kind: typeof parameters },
  );
}

/** The structure again, with other tensors for its own, in the same order. */
export function rebuilt(parameters: Parameters, leaves: readonly Tensor[]): unknown {
  let at = 0;
  const build = (part: Parameters): unknown => {
    if (part instanceof Tensor) return leaves[at++];
    if (Array.isArray(part)) return part.map(build);
    return Object.fromEntries(Object.entries(part).map(([name, each]) => [name, build(each as Parameters)]));
  };
  return build(parameters);
}
