// Colours of pictures: one table, three scales.

export { INK } from './svg.ts';

/** Colours of series, which colour-blind readers can tell apart (Okabe and Ito 2002). */
export const SERIES = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'] as const;

/** How numbers become colours: `grey` for images, `heat` for amounts, `signed` for values around 0. */
export type ScaleName = 'grey' | 'heat' | 'signed';

type Stops = readonly (readonly [number, number, number])[];

const STOPS: Record<ScaleName, Stops> = {
  grey: [
    [17, 20, 24],
    [255, 255, 255],
  ],
  heat: [
    [68, 1, 84],
    [65, 68, 135],
    [42, 120, 142],
    [34, 168, 132],
    [122, 209, 81],
    [253, 231, 37],
  ], // viridis, six of its colours
  signed: [
    [5, 80, 140],
    [103, 169, 207],
    [247, 247, 247],
    [239, 138, 98],
    [178, 24, 43],
  ],
};

/** The colour at `t` in [0, 1]; what is not finite is magenta, so that it cannot be overlooked. */
export function colourAt(scale: ScaleName, t: number): readonly [number, number, number] {
  if (!Number.isFinite(t)) return [255, 0, 200];
  const stops = STOPS[scale];
  const at = Math.min(1, Math.max(0, t)) * (stops.length - 1);
  const low = Math.min(stops.length - 2, Math.floor(at));
  const [from, to] = [stops[low], stops[low + 1]] as [Stops[0], Stops[0]];
  return [0, 1, 2].map((i) => Math.round(from[i]! + (to[i]! - from[i]!) * (at - low))) as [number, number, number];
}

/** The same as CSS. */
export const cssAt = (scale: ScaleName, t: number): string => `rgb(${colourAt(scale, t).join(',')})`;
