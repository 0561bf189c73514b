import { SymbolicSheet } from 'symbolic-sheet';
import { sweep, ranked } from '/work/main/examples/mnist-sweep.ts';
import { readDigits } from '/work/main/examples/lib/mnist.ts';
const rows=Number(process.argv[2]), features=Number(process.argv[3]);
const sheet = await SymbolicSheet.open({class:'exact', budgetBytes: 4*2**30});
console.log(sheet.devices());
const d = readDigits('train', rows);
for (let i=0;i<2;i++){ const t=performance.now(); const fits = await sweep(sheet,d,{features,scales:[0.05,0.1,0.2],lambdas:[1e-6,1e-5,1e-4,1e-3,1e-2,1e-1],folds:3});
console.log((performance.now()-t)/1000, fits.length, ranked(fits)); console.log(sheet.core.counters);}
