// Bytes that live handles hold: counted, given back when handles are disposed or, as a safety net, collected.
import type { Call } from './call.ts';
import type { Block, Value } from '../tensor/block.ts';

/**
 * One block's pin, shared by all calls that hold it: they keep the pin, the pin keeps the block. When the last of
 * them is collected the pin is, and the registry lets the block go. Registering is costly, so it is done once a block.
 */
class Pin {
  readonly block: Block;
  holders = 0;

  constructor(block: Block) {
    this.block = block;
  }
}

/** What the registry is told when a pin is collected; must not refer to the pin. */
interface Remains {
  readonly pins: Pins;
  readonly block: Block;
  released: boolean;
}

/**
 * Pins this young are not told to the registry yet: many are given back at once, and registering is half of what a
 * small op costs.
 */
const YOUNG_PINS = 64;
const YOUNG_BYTES = 2 ** 22;

/** Bytes pinned between two such turns; a major collection is due after as many, as for arrays of the program's own. */
const TURN_BYTES = 2 ** 26;

/**
 * Answers between two such turns: an engine keeps what a weak reference named until the event loop turns, about a
 * kilobyte an answer.
 */
const TURN_ANSWERS = 1000;

/** Turns after which nothing is expected to come back. A collection takes several. */
const RECOVERY_TURNS = 64;

/**
 * Turns in which the collector finds a memory that was let go: the second as a rule, many more where the machine is
 * busy.
 */
const PRESSED_TURNS = 64;

/** Holds values for calls. Ordinary arrays are left to the garbage collector and cost nothing here. */
export class Pins {
  sizeBytes = 0;
  /** In the order in which they were made. */
  readonly #young = new Map<Block, Pin>();
  #youngBytes = 0;
  /** Those that were on a device when they were pinned. */
  readonly #away = new Set<Block>();
  readonly #blocks = new Set<Block>();
  #ageing = false;
  #bytesSinceTurn = 0;
  #answersSinceTurn = 0;
  readonly #byBlock = new WeakMap<Block, WeakRef<Pin>>();
  readonly #remains = new WeakMap<Pin, Remains>();

  /** Keeps `value` with the call until it is unpinned or collected. */
  pin(call: Call, value: Value): void {
    call.value = value;
    if (!value.block.recycled) return;
    const pin = this.#young.get(value.block) ?? this.#byBlock.get(value.block)?.deref() ?? this.#make(value.block);
    pin.holders++;
    call.pin = pin;
  }

  /** As `pin`, where the call has no value, or one that went with its device. */
  renew(call: Call, value: Value): void {
    if (call.value?.block.isLost === true) {
      // Computed again it may have other bits, in class tolerance.
      if (call.isComputable) call.contentId = undefined;
      this.unpin(call);
    }
    if (call.value === undefined) this.pin(call, value);
  }

  /** Gives the bytes back now, if the call can be computed again and no other holds them. */
  unpin(call: Call): void {
    const pin = call.pin as Pin | undefined;
    call.value = undefined;
    call.pin = undefined;
    if (pin === undefined || --pin.holders > 0) return;
    const { block } = pin;
    if (this.#young.delete(block)) {
      this.#youngBytes -= block.sizeBytes;
      // What is given back by hand is nothing for the collector to find.
      this.#bytesSinceTurn = Math.max(0, this.#bytesSinceTurn - block.sizeBytes);
      this.#letGo(block);
      return;
    }
    this.#byBlock.delete(block);
    collected.unregister(pin);
    this.release(this.#remains.get(pin)!);
  }

  /**
   * Called once an answer. One turn of the event loop, where many bytes were pinned or many answers given since the
   * last: only between turns can handles that nobody holds be found and their bytes be used again, and a program that
   * only awaits results takes none of its own.
   */
  turnIfDue(): Promise<void> | undefined {
    if (++this.#answersSinceTurn < TURN_ANSWERS && this.#bytesSinceTurn < TURN_BYTES) return undefined;
    const isPressing = this.#bytesSinceTurn >= TURN_BYTES;
    this.#answersSinceTurn = 0;
    if (!isPressing) return nextTurn();
    this.#bytesSinceTurn = 0;
    this.#age(this.#young.size);
    return nextTurn().then(pressCollector);
  }

  /** Brings to RAM what is on a device, as far as there is room and the device answers; undefined where nothing is. */
  bringHome(): Promise<void> | undefined {
    const away = [...this.#away].filter((block) => !block.isLocal && block.residence?.isAdopted !== true);
    return away.length === 0 ? undefined : bringAll(away);
  }

  /** What handles hold, each held once for all of them. */
  get blocks(): Iterable<Block> {
    return this.#blocks;
  }

  /**
   * Gives the collector turns to find what nobody holds. It takes several, and a program that has let go may do nothing
   * for long.
   */
  async press(): Promise<void> {
    this.#age(this.#young.size);
    for (let turn = 0; turn < PRESSED_TURNS; turn++) {
      await nextTurn();
      pressCollector();
    }
  }

  /**
   * Whether bytes came back when the event loop and the collector were given turns to find handles that nobody holds.
   */
  async recover(): Promise<boolean> {
    const before = this.sizeBytes;
    for (let turn = 0; turn < RECOVERY_TURNS && this.sizeBytes >= before; turn++) {
      this.#age(this.#young.size);
      await nextTurn();
      pressCollector();
    }
    return this.sizeBytes < before;
  }

  #make(block: Block): Pin {
    const pin = new Pin(block.hold());
    this.sizeBytes += block.sizeBytes;
    this.#bytesSinceTurn += block.sizeBytes;
    this.#young.set(block, pin);
    this.#blocks.add(block);
    if (!block.isLocal) this.#away.add(block);
    this.#youngBytes += block.sizeBytes;
    if (this.#young.size > YOUNG_PINS || this.#youngBytes > YOUNG_BYTES)
      this.#age(this.#young.size > YOUNG_PINS ? 1 : this.#young.size);
    else this.#ageSoon();
    return pin;
  }

  /** In the next turn of the event loop, so that what nobody holds can be collected. */
  #ageSoon(): void {
    if (this.#ageing) return;
    this.#ageing = true;
    const timer = setTimeout(() => {
      this.#ageing = false;
      this.#age(this.#young.size);
    }) as unknown as { unref?: () => void };
    timer.unref?.();
  }

  /** The oldest pins are told to the registry. */
  #age(count: number): void {
    let left = count;
    for (const [block, pin] of this.#young) {
      if (left-- === 0) break;
      const remains: Remains = { pins: this, block, released: false };
      this.#young.delete(block);
      this.#youngBytes -= block.sizeBytes;
      this.#byBlock.set(block, new WeakRef(pin));
      this.#remains.set(pin, remains);
      collected.register(pin, remains, pin);
    }
  }

  /** @internal */
  release(remains: Remains): void {
    if (remains.released) return;
    remains.released = true;
    this.#letGo(remains.block);
  }

  #letGo(block: Block): void {
    this.sizeBytes -= block.sizeBytes;
    this.#away.delete(block);
    this.#blocks.delete(block);
    block.release();
  }
}

/** Some at a time, for each takes as many bytes again on its way. */
async function bringAll(blocks: readonly Block[]): Promise<void> {
  let under: Promise<void>[] = [];
  let bytes = 0;
  for (const block of blocks) {
    under.push(block.bring());
    if ((bytes += block.sizeBytes) < TURN_BYTES) continue;
    await Promise.allSettled(under);
    [under, bytes] = [[], 0];
  }
  await Promise.allSettled(under);
}

/**
 * One registry for the process, which never dies: where one is collected between a collection that found cells of it
 * and the task that would have told of them, V8 (seen in 11.3 and 13.6) runs no cleanup of any registry any more.
 */
const collected = new FinalizationRegistry<Remains>((remains) => remains.pins.release(remains));

/** The real one, also where a test has put a clock of its own in its place. */
const soon: (callback: () => void) => unknown = typeof setImmediate === 'function' ? setImmediate : setTimeout;

const nextTurn = (): Promise<void> => new Promise((resolve) => void soon(resolve));

/**
 * The collector sees none of the bytes of pins: an array as large, never touched, so that it takes no memory, lets it
 * see them.
 */
function pressCollector(): void {
  try {
    void new ArrayBuffer(TURN_BYTES + 1);
  } catch {
    // There is no room for it, so that the collector has run.
  }
}
