import { SymbolicSheet } from '../src/index.ts';
const [m,k,n] = (process.argv[2]??'1000,17,1003').split(',').map(Number) as [number,number,number];
const dev = process.argv[3] ?? 'wasm';
const sheet = await SymbolicSheet.open(); const v = sheet.with({device: dev});
const rnd=(l:number,s:number)=>{ let x=s*2654435761>>>0; return Float32Array.from({length:l},()=>{x=(Math.imul(x,1664525)+1013904223)>>>0; return x/2**31-1}); };
const data = Array.from({length:30},(_, i)=>[rnd(m*k,i+1), rnd(k*n,i+100)] as const);
for (let i=0;i<30;i++) { const t0=performance.now(); const a=v.tensor(data[i]![0],[m,k]), b=v.tensor(data[i]![1],[k,n]); const t1=performance.now(); const c=await v.matmul(a,b); const t2=performance.now(); await v.compute(c); const t3=performance.now(); if (i>20) console.log('tensor',(t1-t0).toFixed(2),'await',(t2-t1).toFixed(2),'compute',(t3-t2).toFixed(2), 'kernel', (v.trace.annotations().at(-1)!.elapsedNs/1e6).toFixed(2), v.trace.annotations().at(-1)!.device); }
await sheet.close();
