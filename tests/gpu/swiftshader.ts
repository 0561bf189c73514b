// A WebGPU adapter on any machine: SwiftShader, the software Vulkan driver that @sparticuz/chromium ships; a real GPU
// where there is one.
import { join } from 'node:path';
import process from 'node:process';
import koffi from 'koffi';
import { swiftShaderFolder } from '../../bench/measure/swiftshader.ts';

/**
 * Makes the software driver the one that Dawn finds, unless VK_ICD_FILENAMES names another; must come before `webgpu`
 * is imported.
 */
export function useSwiftShader(): void {
  pollPatiently();
  const folder = swiftShaderFolder();
  const driver = join(folder, 'vk_swiftshader_icd.json');
  // A child of a test has it from its parent, and still needs the loader.
  if ((process.env['VK_ICD_FILENAMES'] ?? driver) !== driver) return;
  // koffi unloads the library when this object is collected.
  (globalThis as { testVulkanKeptAlive?: unknown }).testVulkanKeptAlive = koffi.load(join(folder, 'libvulkan.so.1'));
  process.env['VK_ICD_FILENAMES'] = driver;
}

/** Polls in a row after which those that follow wait for a timer. */
const EAGER_POLLS = 40;
let isPatient = false;

/**
 * While somebody waits for it, Dawn asks in every turn of the event loop whether the GPU is done, with a new function
 * each time: on a driver that is software, half of what tests took was this. It is recognised by its native function,
 * and after some turns asks once in a millisecond.
 */
function pollPatiently(): void {
  if (isPatient) return;
  isPatient = true;
  const { setImmediate: soon } = globalThis;
  let inARow = 0;
  let isPolling = false;
  globalThis.setImmediate = Object.assign((callback: (...args: never[]) => void, ...args: never[]) => {
    if (!isNative(callback)) return soon(callback, ...args);
    inARow = isPolling ? inARow + 1 : 0;
    const poll = (): void => {
      isPolling = true;
      try {
        callback();
      } finally {
        isPolling = false;
      }
    };
    return inARow < EAGER_POLLS ? soon(poll) : setTimeout(poll, 1);
  }, soon) as unknown as typeof setImmediate;
}

const isNative = (callback: unknown): boolean =>
  Function.prototype.toString.call(callback).endsWith('{ [native code] }');
