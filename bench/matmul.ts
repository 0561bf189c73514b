// Products where they are asked for: on the devices of the CPU, on a GPU, by TensorFlow.js.
import { MissingDevice } from './devices.ts';
import { type Bench, joined } from './report/report.ts';

const PLACES: Readonly<Record<string, () => Promise<Bench>>> = {
  cpu: async () => (await import('./contenders/cpu-products.ts')).cpuProducts,
  tensorflow: async () => (await import('./contenders/tensorflow-products.ts')).tensorflowProducts,
  webgpu: async () => (await import('./contenders/gpu-products.ts')).gpuProducts,
};

/** The bench `matmul`. `--device webgpu`, `tensorflow` or `all` instead of the CPU; `--sizes 64,1024` picks sizes. */
export const matmul: Bench = async (options, tell) => {
  const asked = options.values['device'] ?? 'cpu';
  const places = asked === 'all' ? Object.keys(PLACES) : asked.split(',');
  const unknown = places.find((place) => PLACES[place] === undefined);
  if (unknown !== undefined)
    throw new RangeError(`matmul has no device "${unknown}"; give one of ${Object.keys(PLACES).join(', ')}, all`);
  const outcomes = [];
  for (const place of places) {
    try {
      outcomes.push(await (await PLACES[place]!())(options, tell));
    } catch (error) {
      if (!(error instanceof MissingDevice) || asked !== 'all') throw error;
      tell(`without ${place}: ${error.message}`);
    }
  }
  return joined(outcomes);
};
