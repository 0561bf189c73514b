// The cores of a page's machine.

/** At least 1: some browsers keep the number to themselves, and hosts that are like a browser may have no navigator. */
export const pageCores = (): number =>
  (globalThis as { readonly navigator?: Navigator }).navigator?.hardwareConcurrency || 1;
