// The team: every grain is done once, on any number of threads, and no dead worker hangs a job.
import { afterEach, describe, expect, it } from 'vitest';
import { countUp, i32, ModuleBuilder, set, when } from '../../kernels/wasm/code/assembler.ts';
import { Heap } from '../../kernels/wasm/memory/heap.ts';
import { GrainLostError, type Phase, Team } from '../../kernels/wasm/team/team.ts';
import type { Spawn, TeamHost, TeamModule } from '../../kernels/wasm/team/team.ts';
import { nodeThreads } from '../../src/host/node/threads.ts';

const teams: Team[] = [];
afterEach(async () => {
  await Promise.all(teams.splice(0).map((team) => team.close()));
});

// count: out[i] += 1 for i in the range, after `weight` rounds of nothing; trap: the same, but unreachable memory where
// i = field 8.
function module(memory: 'shared' | 'private'): TeamModule {
  const builder = new ModuleBuilder({ memory });
  for (const name of ['count', 'trap'] as const) {
    const f = builder.function({ export: name, params: ['i32', 'i32', 'i32'] });
    const [params, start, end] = f.params;
    const [at, wait, total] = f.locals('i32', 3);
    f.body(
      countUp(
        start,
        end,
        1,
        set(at, i32.add(i32.load(params, 0), i32.shl(start, 2))),
        set(wait, 0),
        countUp(wait, i32.load(params, 4), 1, set(total, i32.add(total, i32.load(at)))),
        ...(name === 'trap' ? [when(i32.eq(start, i32.load(params, 8)), i32.store(-4, total))] : []),
        i32.store(at, i32.add(i32.load(at), 1)),
      ),
    );
  }
  return { bytes: builder.encode() };
}

function setUpTeam(host: TeamHost | undefined, threads: number, stallMs?: number) {
  const heap = new Heap();
  const team = new Team({
    memory: heap.memory,
    kind: heap.kind,
    threads,
    ...(host === undefined ? {} : { host }),
    ...(stallMs === undefined ? {} : { stallMs }),
  });
  teams.push(team);
  const kernels = team.load(module(heap.kind));
  const params = heap.allocate(64);
  const setUp = (length: number, weight: number, trapAt: number) => {
    const out = heap.view(Int32Array, heap.allocate(4 * length), length).fill(0);
    heap.view(Int32Array, params, 3).set([out.byteOffset, weight, trapAt]);
    return out;
  };
  return { heap, team, kernels, params, setUp };
}

// mirror: out[i] = in[last - i] + 1 after `weight` rounds of nothing, so that no phase is right before the one ahead of
// it has ended; traps at i = field 16.
function mirrorModule(memory: 'shared' | 'private'): TeamModule {
  const builder = new ModuleBuilder({ memory });
  const f = builder.function({ export: 'mirror', params: ['i32', 'i32', 'i32'] });
  const [params, start, end] = f.params;
  const [wait, from] = f.locals('i32', 2);
  f.body(
    countUp(
      start,
      end,
      1,
      set(wait, 0),
      countUp(
        wait,
        i32.load(params, 12),
        1,
        set(from, i32.add(i32.load(params, 0), i32.shl(i32.sub(i32.load(params, 8), start), 2))),
      ),
      when(i32.eq(start, i32.load(params, 16)), i32.store(-4, wait)),
      i32.store(i32.add(i32.load(params, 4), i32.shl(start, 2)), i32.add(i32.load(from), 1)),
    ),
  );
  return { bytes: builder.encode() };
}

// A chain of mirrors over `length` numbers that start at 0: after the last phase all of them are `count`.
function chain(
  { heap, team }: ReturnType<typeof setUpTeam>,
  {
    count,
    length,
    grain,
    weight,
    trapAt = -1,
  }: { count: number; length: number; grain: number; weight: number; trapAt?: number },
) {
  const kernel = team.load(mirrorModule(heap.kind)).mirror!;
  const rows = Array.from({ length: count + 1 }, () =>
    heap.view(Int32Array, heap.allocate(4 * length), length).fill(0),
  );
  const phases = rows.slice(1).map((out, i): Phase => {
    const params = heap.allocate(64);
    heap
      .view(Int32Array, params, 5)
      .set([rows[i]!.byteOffset, out.byteOffset, length - 1, weight, i === 1 ? trapAt : -1]);
    return { kernel, params, range: length, grain, lastGrain: Math.ceil(grain / 3) };
  });
  return {
    phases,
    isRight: () => rows.at(-1)!.every((value) => value === count),
    clear: () => rows.forEach((row) => row.fill(0)),
  };
}

const once = (out: Int32Array) => out.every((count) => count === 1);

// Real workers whose program is changed: what happens when one of them fails at a given place.
function sabotaged(change: (source: string) => string): TeamHost {
  const real = nodeThreads();
  return { ...real, spawn: (source, payload, events) => (real.spawn as Spawn)(change(source), payload, events) };
}

describe('team', () => {
  it('does every index once, for any range and grain, on one to four threads, now and asynchronously', async () => {
    for (const threads of [1, 2, 4]) {
      const { team, kernels, params, setUp } = setUpTeam(nodeThreads(), threads);
      for (const [length, grain] of [
        [1, 1],
        [7, 3],
        [1000, 1],
        [1000, 999],
        [64, 64],
        [5000, 7],
      ] as const) {
        const out = setUp(length, 50, -1);
        team.runNow(kernels.count!, params, length, grain);
        expect(once(out), `${threads} threads, ${length} by ${grain}, now`).toBe(true);
        const later = setUp(length, 50, -1);
        await team.run(kernels.count!, params, length, grain);
        expect(once(later), `${threads} threads, ${length} by ${grain}`).toBe(true);
      }
    }
  });

  it('runs phases one after another, more of them than are opened at once, on one to four threads', async () => {
    for (const threads of [1, 2, 4]) {
      const found = setUpTeam(nodeThreads(), threads);
      for (const [length, grain] of [
        [1, 1],
        [64, 1],
        [300, 7],
        [1000, 400],
      ] as const) {
        const { phases, isRight, clear } = chain(found, { count: 70, length, grain, weight: 20 });
        found.team.runPhasesNow(phases);
        expect(isRight(), `${threads} threads, ${length} by ${grain}, now`).toBe(true);
        clear();
        await found.team.runPhases(phases);
        expect(isRight(), `${threads} threads, ${length} by ${grain}`).toBe(true);
      }
    }
  });

  it('loads modules in workers that are already running', async () => {
    const { heap, team, kernels, params, setUp } = setUpTeam(nodeThreads(), 3);
    team.runNow(kernels.count!, params, setUp(1000, 100, -1).length, 1);
    for (let i = 0; i < 5; i++) {
      const more = team.load(module(heap.kind));
      const out = setUp(2000, 100, -1);
      await team.run(more.count!, params, 2000, 10);
      expect(once(out)).toBe(true);
    }
  });

  it('survives thousands of short jobs in a row', () => {
    const { team, kernels, params, setUp } = setUpTeam(nodeThreads(), 3);
    const out = setUp(64, 0, -1);
    for (let job = 0; job < 3000; job++) team.runNow(kernels.count!, params, 64, 4);
    expect(out.every((count) => count === 3000)).toBe(true);
  });

  it('leaves the calling thread free during an asynchronous job, and lets a blocking job run meanwhile', async () => {
    const { team, kernels, params, setUp, heap } = setUpTeam(nodeThreads(), 2);
    const out = setUp(400, 300_000, -1);
    let turns = 0;
    const timer = setInterval(() => {
      turns++;
    }, 1);
    const pending = team.run(kernels.count!, params, 400, 1);
    const other = heap.allocate(64);
    const own = heap.view(Int32Array, heap.allocate(400), 100).fill(0);
    heap.view(Int32Array, other, 3).set([own.byteOffset, 0, -1]);
    team.runNow(kernels.count!, other, 100, 10);
    expect(once(own)).toBe(true);
    await pending;
    clearInterval(timer);
    expect(once(out)).toBe(true);
    expect(turns).toBeGreaterThan(3);
  });

  it('gives the other tasks of its thread turns during an asynchronous job where there are no workers', async () => {
    const { team, kernels, params, setUp } = setUpTeam({ ...nodeThreads(), spawn: 'none today' }, 4);
    expect(team.threads).toBe(1);
    const out = setUp(400, 300_000, -1);
    let turns = 0;
    const timer = setInterval(() => {
      turns++;
    }, 1);
    await team.run(kernels.count!, params, 400, 1);
    clearInterval(timer);
    expect(once(out)).toBe(true);
    expect(turns).toBeGreaterThan(3);
  });

  it('hands a job to workers that get messages between tasks only, as those of browsers', async () => {
    // Modules reach them as an event, which a worker that waits for work does not see.
    const late = sabotaged(
      (source) => `const arrived = [];
      parentPort.on('message', (message) => arrived.push(message));
      const program = async (receive, arrival) => {${source}};
      await program(() => arrived.shift(), () => new Promise((resolve) => parentPort.once('message', resolve)));`,
    );
    const reports: number[] = [];
    const watched: TeamHost = {
      ...late,
      spawn: (source, payload, events) =>
        (late.spawn as Spawn)(source, payload, {
          ...events,
          message: (value) => events.message(reports[reports.push(value) - 1]!),
        }),
    };
    const { heap, team, kernels, params, setUp } = setUpTeam(watched, 3);
    for (const more of [kernels, team.load(module(heap.kind)), team.load(module(heap.kind))]) {
      const out = setUp(400, 300_000, -1);
      await team.run(more.count!, params, 400, 1);
      expect(once(out)).toBe(true);
      const now = setUp(400, 300, -1);
      team.runNow(more.count!, params, 400, 1);
      expect(once(now)).toBe(true);
    }
    // Jobs that ended, and none that asked for help.
    expect(reports.length).toBeGreaterThanOrEqual(3);
    expect(reports.every((epoch) => epoch > 0)).toBe(true);
  });

  it('works without a host, on a private memory, and after close', async () => {
    const { team, kernels, params, setUp } = setUpTeam(undefined, 4);
    expect(team.threads).toBe(1);
    const out = setUp(100, 0, -1);
    team.runNow(kernels.count!, params, 100, 7);
    await team.run(kernels.count!, params, 100, 7);
    expect(out.every((count) => count === 2)).toBe(true);
    const closed = setUpTeam(nodeThreads(), 3);
    const first = closed.setUp(100, 0, -1);
    closed.team.runNow(closed.kernels.count!, closed.params, 100, 7);
    await closed.team.close();
    closed.team.runNow(closed.kernels.count!, closed.params, 100, 7);
    await closed.team.run(closed.kernels.count!, closed.params, 100, 7);
    expect(first.every((count) => count === 3)).toBe(true);
  });
});

describe('a worker that fails', () => {
  it('at its start leaves the job to the others, or to the calling thread', async () => {
    const { team, kernels, params, setUp } = setUpTeam(
      sabotaged(() => 'throw new RangeError("no worker today")'),
      3,
    );
    const now = setUp(300, 0, -1);
    team.runNow(kernels.count!, params, 300, 3);
    expect(once(now)).toBe(true);
    const later = setUp(300, 0, -1);
    await team.run(kernels.count!, params, 300, 3);
    expect(once(later)).toBe(true);
  });

  it('to load a module leaves the job to the others, or to the calling thread', async () => {
    const { team, kernels, params, setUp } = setUpTeam(
      sabotaged((source) => source.replace('new WebAssembly.Instance', 'nothing.at.all')),
      2,
    );
    const out = setUp(300, 0, -1);
    await team.run(kernels.count!, params, 300, 3);
    expect(once(out)).toBe(true);
  });

  it('inside a grain has that grain repeated when the kernel allows it, and fails the job when not', async () => {
    const dies = sabotaged((source) => source.replace('run(params,', 'if (index === 5) process.exit(1); run(params,'));
    const { team, kernels, params, setUp } = setUpTeam(dies, 3);
    const out = setUp(300, 1000, -1);
    await team.run(kernels.count!, params, 300, 3);
    expect(once(out)).toBe(true);
    const strict = setUpTeam(dies, 3);
    strict.setUp(300, 1000, -1);
    await expect(strict.team.run(strict.kernels.count!, strict.params, 300, 3, 'fail')).rejects.toBeInstanceOf(
      GrainLostError,
    );
  });

  it(
    'inside a grain of an early phase has the later ones computed from whole results, and fails the job where ' +
      'repeating is unsound',
    async () => {
      const dies = sabotaged((source) =>
        source.replace('run(params,', 'if (index === 130) process.exit(1); run(params,'),
      );
      const { phases, isRight } = chain(setUpTeam(dies, 3), { count: 5, length: 300, grain: 3, weight: 2000 });
      await teams.at(-1)!.runPhases(phases);
      expect(isRight()).toBe(true);
      const strict = chain(setUpTeam(dies, 3), { count: 5, length: 300, grain: 3, weight: 2000 });
      await expect(teams.at(-1)!.runPhases(strict.phases, 'fail')).rejects.toBeInstanceOf(GrainLostError);
    },
  );

  it('by a trap in an early phase ends the job for those who wait for a later one', async () => {
    const found = setUpTeam(nodeThreads(), 3);
    for (const trapAt of [0, 150, 299]) {
      const { phases } = chain(found, { count: 4, length: 300, grain: 60, weight: 2000, trapAt });
      expect(() => found.team.runPhasesNow(phases)).toThrow(WebAssembly.RuntimeError);
      await expect(found.team.runPhases(phases)).rejects.toBeInstanceOf(WebAssembly.RuntimeError);
    }
    const { phases, isRight } = chain(found, { count: 4, length: 300, grain: 60, weight: 20 });
    await found.team.runPhases(phases);
    expect(isRight()).toBe(true);
  });

  it('is not what a failing kernel does: workers that wait for its phase go on to the next job', async () => {
    let ended = 0;
    const real = nodeThreads();
    const counting: TeamHost = {
      ...real,
      spawn: (...args) => {
        const worker = (real.spawn as Spawn)(...args);
        return {
          ...worker,
          terminate: () => {
            ended++;
            return worker.terminate();
          },
        };
      },
    };
    const found = setUpTeam(counting, 3, 300);
    const { phases, isRight, clear } = chain(found, { count: 4, length: 300, grain: 3, weight: 500 });
    await found.team.runPhases(phases);
    const [first, second, ...others] = phases as [Phase, Phase, ...Phase[]];
    // Long enough for the workers to finish the rest of the phase and to claim grains of the next one.
    const fail = (): void => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
      throw new RangeError('here only');
    };
    const failing = { ...second, kernel: { ...second.kernel, call: fail } };
    // On a busy machine the workers may take all grains of the phase before the caller has one.
    let failure: unknown;
    for (let tries = 0; failure === undefined && tries < 20; tries++) {
      clear();
      try {
        found.team.runPhasesNow([first, failing, ...others]);
      } catch (error) {
        failure = error;
      }
    }
    expect(failure).toMatchObject({ message: 'here only' });
    expect(ended).toBe(0);
    clear();
    await found.team.runPhases(phases);
    expect(isRight()).toBe(true);
  });

  it('inside a grain of a blocking job does not hang the caller', async () => {
    const { team, kernels, params, setUp } = setUpTeam(
      sabotaged((source) => source.replace('run(params,', 'if (index > 20) process.exit(1); run(params,')),
      2,
      30,
    );
    // The worker has to be up before the job, so that it gets a grain.
    await team.run(kernels.count!, params, setUp(10, 0, -1).length, 1);
    const out = setUp(3000, 3000, -1);
    team.runNow(kernels.count!, params, 3000, 3);
    expect(once(out)).toBe(true);
  });

  it('by a trap raises the trap on the calling thread, and the team works on', async () => {
    const { team, kernels, params, setUp } = setUpTeam(nodeThreads(), 3);
    for (const trapAt of [0, 150, 299]) {
      setUp(300, 100, trapAt);
      expect(() => team.runNow(kernels.trap!, params, 300, 3)).toThrow(WebAssembly.RuntimeError);
    }
    setUp(300, 100, 150);
    await expect(team.run(kernels.trap!, params, 300, 3)).rejects.toBeInstanceOf(WebAssembly.RuntimeError);
    const out = setUp(300, 100, -1);
    await team.run(kernels.trap!, params, 300, 3);
    team.runNow(kernels.count!, params, 300, 3);
    expect(out.every((count) => count === 2)).toBe(true);
  });
});
