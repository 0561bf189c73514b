// Run by loss.test.ts in a process of its own: computes, loses the GPU with work under way, computes again, and just
// ends.
import { SymbolicSheet } from '../../src/index.ts';
import { useSwiftShader } from './swiftshader.ts';

useSwiftShader();
const sheet = await SymbolicSheet.open({ devices: ['webgpu', 'js'] });
const gpu = sheet.with({ device: 'webgpu' });
const before = await gpu.matmul(gpu.ones([4, 4]), gpu.ones([4, 4])).data();
const underWay = gpu.matmul(gpu.ones([4, 4]), gpu.ones([4, 1])).data();
sheet.gpuDevice().destroy();
const after = await underWay;
process.stdout.write(`${before[0]} ${before[15]} | ${after[0]} ${after[3]}\n`);
