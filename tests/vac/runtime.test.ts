// Machines in time and in company: checkpoints, journals, going back, files, devices, and many machines at once.
import { describe, expect, it } from 'vitest';
import {
  assemble,
  BusDevice,
  ClockDevice,
  ConsoleDevice,
  decodeJournal,
  diffCheckpoints,
  encodeJournal,
  openVac,
  packRuntime,
  RandomDevice,
  resumeVac,
  StorageDevice,
  VacRuntime,
  VacSchedule,
  verifyVac,
} from '../../src/vac.ts';
import { plainDigest as digest } from '../../src/host/plain-digest.ts';
import { makeKey } from '../../src/tiers/remote/keys.ts';
import { nodeCryptography } from '../../src/host/node/cryptography.ts';

const LIMITS = { stackSlots: 256, depth: 16, memoryPages: 8 };

/** Reads bytes, and writes the sum of all so far as a letter, until a zero comes; it touches a page a round. */
const SUMS = assemble(`
  syscall "console.read" i32 i32 -> i32
  syscall "console.write" i32 i32
  syscall "random.next" -> i64
  memory 3 8
  global i32 mut 0
  func main -> i32
    locals at:i32 byte:i32
    loop
      i32.const 8
      i32.const 1
      syscall "console.read"
      drop
      i32.const 8
      i32.load8_u
      local.tee byte
      global.get 0
      i32.add
      global.set 0
      i32.const 16
      global.get 0
      i32.const 26
      i32.rem_u
      i32.const 97
      i32.add
      i32.store8
      i32.const 16
      i32.const 1
      syscall "console.write"
      local.get at
      syscall "random.next"
      i64.store 65536
      local.get at
      i32.const 8
      i32.add
      local.set at
      local.get byte
      i32.const 48
      i32.ne
      br_if 0
    end
    i32.const 2
    memory.grow
    drop
    global.get 0
  end
  export main`);

const devices = () => [new ConsoleDevice(), new RandomDevice(7n)] as const;

async function typed(text: string, options: { form?: 'register' | 'reference' } = {}) {
  const [console, random] = devices();
  const runtime = await openVac(SUMS, { limits: LIMITS, devices: [console, random], ...options });
  console.type(text);
  return { runtime: runtime.start('main'), console };
}

describe('a machine in time', () => {
  it('is replayed from its journal to the same root, without what it was told', async () => {
    const { runtime, console } = await typed('hello0');
    runtime.run();
    expect([runtime.status, console.text, runtime.journal.length]).toEqual(['halted', 'axbfmi', 6]);
    const journal = decodeJournal(encodeJournal(runtime.journal));
    for (const form of ['register', 'reference'] as const) {
      const [screen, random] = devices();
      const other = await openVac(SUMS, { limits: LIMITS, devices: [screen, random], form });
      other.replay(journal).start('main').run();
      expect([other.root(), screen.text]).toEqual([runtime.root(), 'axbfmi']);
    }
    const { runtime: another } = await typed('');
    another.replay([{ ...journal[0]!, tick: 5n }]);
    expect(() => another.run()).toThrow('it is that of another run');
  });

  it('goes back and forward, and comes to the same states', async () => {
    const { runtime } = await typed('some words0');
    runtime.run(2n ** 40n, 40);
    const [end, ticks] = [runtime.root(), runtime.ticks];
    const roots = new Map<bigint, string>();
    for (const tick of [ticks - 5n, 3n, 77n, 150n, 41n]) roots.set(tick, runtime.seek(tick).root());
    for (const [tick, root] of roots) expect(runtime.seek(tick).root()).toBe(root);
    expect(runtime.seek(ticks).root()).toBe(end);
    expect(runtime.events(20, 40, (name) => name === 'i32.add').map(({ tick }) => tick)).toEqual([25n, 39n]);
    expect(runtime.events(0, 3).map(({ name }) => name)).toEqual(['i32.const', 'i32.const', 'syscall']);
  });

  it('tells in which pages two states differ, and keeps those alone that changed', async () => {
    const { runtime } = await typed('ab0');
    const [start] = runtime.checkpoints;
    const before = runtime.pages.size;
    runtime.run(30);
    const later = runtime.checkpoint();
    // Control, stack, the page with the letter, and the one with random numbers.
    expect(diffCheckpoints(start!, later)).toEqual([0, 1, 3, 4]);
    expect(runtime.pages.size - before).toBe(4);
    runtime.checkpoint();
    expect(runtime.pages.size - before).toBe(4);
  });

  it('waits for input, and a checkpoint of it goes on in another process', async () => {
    const { runtime, console } = await typed('ab');
    expect([runtime.run(), runtime.status]).toEqual(['waiting', 'waiting']);
    const files = packRuntime(runtime);
    console.type('0');
    runtime.run();
    const [screen, random] = devices();
    const other = await resumeVac(files, { devices: [screen, random] });
    screen.type('0');
    other.run();
    expect([other.root(), screen.text, other.machine.results()]).toEqual([runtime.root(), console.text, [243]]);
    await expect(resumeVac(files, { devices: [new RandomDevice(7n)] })).rejects.toThrow('other devices');
  });
});

describe('files of a machine', () => {
  it('are refused where a byte of them differs', async () => {
    const { runtime } = await typed('ab0');
    runtime.run();
    const files = packRuntime(runtime, { provenance: { author: 'a test' } });
    expect((await verifyVac(files)).provenance).toEqual({ author: 'a test' });
    for (let at = 0; at < files.image.length; at += 4_001) {
      const image = files.image.slice();
      image[at]! ^= 1 << (at % 8);
      await expect(verifyVac({ ...files, image })).rejects.toThrow(/cannot be read/);
    }
    for (const [name, other] of [
      ['"ticks": "', '"ticks": "1'],
      ['"root": "', '"root": "0'],
      ['"isa": 1', '"isa": 2'],
      ['"depth": 16', '"depth": 17'],
      ['"vac": 1', '"vac": 9'],
      ['{', '['],
    ] as const) {
      const manifest = files.manifest.replace(name, other);
      expect(manifest).not.toBe(files.manifest);
      if (name !== '"ticks": "')
        await expect(verifyVac({ ...files, manifest }), name).rejects.toThrow(/cannot be read/);
    }
  });

  it('are signed, and leave out what is asked and still verify', async () => {
    const [signer, stranger] = [makeKey('ci-1', nodeCryptography), makeKey('ci-2', nodeCryptography)];
    const { runtime } = await typed('ab0');
    runtime.run();
    const files = packRuntime(runtime, { key: signer.secret, redact: [4] });
    const found = await verifyVac(files, [signer.public]);
    expect([found.signer, found.redacted]).toEqual(['ci-1', [4]]);
    await expect(verifyVac(files, [stranger.public])).rejects.toThrow('signed by "ci-1"');
    const edited = { ...files, manifest: files.manifest.replace(/"ticks": "\d+"/, '"ticks": "5"') };
    await expect(verifyVac(edited, [signer.public])).rejects.toThrow('its signature is not that of "ci-1"');
    await expect(resumeVac(files, { devices: [...devices()] })).rejects.toThrow('Page 4');
  });
});

describe('devices', () => {
  it('keep bytes within a quota, and tell virtual time', async () => {
    const program = assemble(`
      syscall "storage.put" i32 i32 i32 i32 -> i32
      syscall "storage.get" i32 i32 i32 i32 -> i32
      syscall "clock.now" -> i64
      memory 1
      data 0 "key"
      data 8 "value"
      func main size:i32 -> i32 i32 i64
        i32.const 0
        i32.const 3
        i32.const 8
        local.get size
        syscall "storage.put"
        i32.const 0
        i32.const 3
        i32.const 100
        i32.const 2
        syscall "storage.get"
        syscall "clock.now"
      end
      export main`);
    const made = (): readonly [StorageDevice, ClockDevice] => [new StorageDevice(8), new ClockDevice(100n)];
    const run = async (size: number) => {
      const runtime = await openVac(program, { limits: LIMITS, devices: made() });
      runtime.start('main', [size]).run();
      return { runtime, results: runtime.machine.results() };
    };
    expect((await run(5)).results).toEqual([1, 5, 110n]);
    expect((await run(6)).results).toEqual([0, -1, 110n]);
    const { runtime } = await run(5);
    const saved = new StorageDevice(8);
    saved.load(runtime.checkpoint().devices[0]!.state);
    expect(saved.save()).toEqual(runtime.checkpoint().devices[0]!.state);
    await expect(openVac(program, { limits: LIMITS }).then((none) => none.start('main', [1]).run())).resolves.toBe(
      'trapped',
    );
  });
});

/** Sends what it gets to the next one with 1 added; the first begins, and each ends after so many. */
const RING = assemble(`
  syscall "bus.self" -> i32
  syscall "bus.send" i32 i32 i32
  syscall "bus.receive" i32 i32 -> i64
  memory 1
  func main count:i32 rounds:i32 -> i64
    locals next:i32
    syscall "bus.self"
    i32.const 1
    i32.add
    local.get count
    i32.rem_u
    local.set next
    syscall "bus.self"
    i32.eqz
    if
      local.get next
      i32.const 8
      i32.const 8
      syscall "bus.send"
    end
    loop
      i32.const 8
      i32.const 8
      syscall "bus.receive"
      drop
      i32.const 8
      i32.const 8
      i64.load
      i64.const 1
      i64.add
      i64.store
      local.get next
      i32.const 8
      i32.const 8
      syscall "bus.send"
      local.get rounds
      i32.const 1
      i32.sub
      local.tee rounds
      br_if 0
    end
    i32.const 8
    i64.load
  end
  export main`);

describe('a hundred machines', () => {
  it('pass messages by epochs, with the same roots in any order and quantum', () => {
    const ring = (count: number, quantum: number, turned: boolean): { roots: string[]; values: unknown[] } => {
      const machines = Array.from({ length: count }, (_, self) => {
        const bus = new BusDevice(self);
        const limits = { stackSlots: 64, depth: 4, memoryPages: 1 };
        const runtime = new VacRuntime(RING, { digest, devices: [bus], limits });
        runtime.machine.start('main', [count, 2]);
        return { runtime, bus };
      });
      const schedule = new VacSchedule(machines, quantum);
      const order = [...machines.keys()];
      if (turned) order.reverse();
      let report = schedule.epoch(order);
      while (report.runnable > 0) report = schedule.epoch(order);
      return {
        roots: machines.slice(0, 5).map(({ runtime }) => runtime.root()),
        values: machines.map(({ runtime }) => runtime.machine.results()[0]),
      };
    };
    const one = ring(100, 1_000, false);
    expect(one.values).toEqual(Array.from({ length: 100 }, (_, at) => BigInt(at === 0 ? 200 : 100 + at)));
    expect(ring(12, 1_000, true)).toEqual(ring(12, 1_000, false));
  });

  it('have quotas to the tick', () => {
    const spin = assemble('func main\n loop\n br 0\n end\nend\nexport main');
    const machines = [undefined, 1_000n, 1_001n].map((quota) => {
      const runtime = new VacRuntime(spin, { digest, limits: { stackSlots: 64, depth: 4, memoryPages: 1 } });
      runtime.machine.start('main');
      return { runtime, ...(quota !== undefined && { quota }) };
    });
    new VacSchedule(machines, 300).run(10);
    expect(machines.map(({ runtime }) => runtime.ticks)).toEqual([3_000n, 1_000n, 1_001n]);
  });
});
