// How much of what it could try a test tries: a sample that spans it in `npm test`, all of it in `npm run soak`.

/** A page has no process; it takes the sample. */
const { process } = globalThis as { readonly process?: { readonly env: Readonly<Record<string, string | undefined>> } };

/** Whether this run has the time for everything; vitest.soak.config.ts says so. */
const isWhole = process?.env['TESTS_EXTENT'] === 'whole';

/** The sample, or the whole where there is time for it. Files that call it are run by the soak too. */
export const extent = <T>(sample: T, whole: T): T => (isWhole ? whole : sample);

/**
 * Of a list, every so-manyth in the sample, and all of it where there is time for it. Where one list is tried in many
 * places, a number of the place moves on what is taken, so that together they take all.
 */
export const some = <T>(list: readonly T[], step: number, place: number): readonly T[] =>
  extent(
    list.filter((_, at) => (at + place) % step === 0),
    list,
  );
