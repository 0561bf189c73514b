// The WASM device of any host, or why there is none: where WebAssembly is missing or refused, JavaScript gives the same
// bits.
import type { DeviceReport } from '../core/device/device.ts';
import type { JsDevice } from '../core/device/js/device.ts';
import type { WasmDevice } from '../core/device/wasm/device.ts';
import type { Settings } from '../core/engine/settings.ts';
import type { TeamHost } from '../../kernels/wasm/team/team.ts';

/** What to do on a host, by what its WebAssembly lacks. */
export interface Remedies {
  /** It is not there at all, or compiling is refused. */
  readonly allow: string;
  readonly recent: string;
}

/** The device, or why there is none. */
interface Opened {
  readonly wasm?: WasmDevice;
  readonly refusal?: DeviceReport;
}

/** A function that makes a vector. Kernels are compiled when they are first used: too late to find out. */
const VECTOR_MODULE = Uint8Array.of(
  0,
  97,
  115,
  109,
  1,
  0,
  0,
  0,
  1,
  5,
  1,
  96,
  0,
  1,
  123,
  3,
  2,
  1,
  0,
  10,
  8,
  1,
  6,
  0,
  65,
  0,
  253,
  15,
  11,
);

/** Opens the device on threads of the host. */
export async function openWasm(
  js: JsDevice,
  { threads, budgetBytes }: Settings,
  findThreads: () => TeamHost | Promise<TeamHost>,
  remedies: Remedies,
): Promise<Opened> {
  const absent = (detail: string): Opened => ({
    refusal: { name: 'wasm', found: false, detail: `${detail}; js gives the same results, slower` },
  });
  const refusal = refusalOf(remedies);
  if (refusal !== undefined) return absent(refusal);
  try {
    const { WasmDevice } = await import('../core/device/wasm/device.ts');
    return { wasm: new WasmDevice(js, { threads, host: await findThreads(), roomBytes: budgetBytes }) };
  } catch (error) {
    return absent(
      `WebAssembly refused: ${String(error)}; where memory or address space is short, allow more, or open({ ` +
        'budgetBytes }) with less',
    );
  }
}

/** Why kernels would not compile here; undefined where they would. */
function refusalOf({ allow, recent }: Remedies): string | undefined {
  if (typeof WebAssembly !== 'object') return `there is no WebAssembly here; ${allow}`;
  if (!WebAssembly.validate(VECTOR_MODULE)) return `WebAssembly has no SIMD here; ${recent}`;
  try {
    void new WebAssembly.Instance(new WebAssembly.Module(VECTOR_MODULE));
    return undefined;
  } catch (error) {
    return `compiling WebAssembly is refused (${String(error)}); ${allow}`;
  }
}
