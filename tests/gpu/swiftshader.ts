// A WebGPU adapter on any machine: SwiftShader, the software Vulkan driver that @sparticuz/chromium ships; a real GPU
// where there is one.
import { join } from 'node:path';
import process from 'node:process';
import koffi from 'koffi';
import { swiftShaderFolder } from '../../bench/measure/swiftshader.ts';
import './patient-polls.ts';

/**
 * Makes the software driver the one that Dawn finds, unless VK_ICD_FILENAMES names another; must come before `webgpu`
 * is imported.
 */
export function useSwiftShader(): void {
  const folder = swiftShaderFolder();
  const driver = join(folder, 'vk_swiftshader_icd.json');
  // A child of a test has it from its parent, and still needs the loader.
  if ((process.env['VK_ICD_FILENAMES'] ?? driver) !== driver) return;
  // koffi unloads the library when this object is collected.
  (globalThis as { testVulkanKeptAlive?: unknown }).testVulkanKeptAlive = koffi.load(join(folder, 'libvulkan.so.1'));
  process.env['VK_ICD_FILENAMES'] = driver;
}
