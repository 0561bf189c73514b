// Views of a sheet: what class, device, precision and cache its calls are made with.
import { checkDevice, choiceOf } from '../engine/devices.ts';
import type { Engine } from '../engine/engine.ts';
import type { View } from '../engine/parts.ts';
import type { ViewOptions } from '../engine/settings.ts';
import { checkViewOptions } from './options.ts';

/** The view whose options are `base`'s but for those given. */
export function viewWith(engine: Engine, base: View, options: ViewOptions): View {
  checkViewOptions(options);
  if (options.device !== undefined) checkDevice(options.device, choiceOf(engine.parts), 'with: device');
  const numerics = options.class ?? base.numerics;
  return {
    author: engine.author(numerics, options.precision ?? base.author.precision),
    numerics,
    reuse: options.cache === undefined ? base.reuse : options.cache === 'on' && engine.parts.settings.cache === 'on',
    device: options.device ?? base.device,
    signal: options.signal ?? base.signal,
  };
}
