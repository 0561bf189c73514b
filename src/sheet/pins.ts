// Bytes that live handles hold: counted, given back when handles are disposed or, as a safety net, collected.
import type { Expression } from '../expr/expression.ts';
import type { Block, Value } from '../tensor/block.ts';

/**
 * One block's pin, shared by all expressions that hold it: they keep the pin, the pin keeps the block. When the last of
 * them is collected the pin is, and the registry lets the block go. Registering is dear, so it is done once a block.
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
  readonly block: Block;
  released: boolean;
}

/** Holds values for expressions. Ordinary arrays are left to the garbage collector and cost nothing here. */
export class Pins {
  sizeBytes = 0;
  readonly #byBlock = new WeakMap<Block, WeakRef<Pin>>();
  readonly #remains = new WeakMap<Pin, Remains>();
  readonly #collected = new FinalizationRegistry<Remains>((remains) => this.#release(remains));

  /** Keeps `value` with the expression until it is unpinned or collected. */
  pin(expression: Expression, value: Value): void {
    expression.value = value;
    if (!value.block.recycled) return;
    const pin = this.#byBlock.get(value.block)?.deref() ?? this.#make(value.block);
    pin.holders++;
    expression.pin = pin;
  }

  /** As `pin`, where the expression has no value, or one that went with its device. */
  renew(expression: Expression, value: Value): void {
    if (expression.value?.block.isLost === true) this.unpin(expression);
    if (expression.value === undefined) this.pin(expression, value);
  }

  /** Gives the bytes back now, if the expression can be computed again and no other holds them. */
  unpin(expression: Expression): void {
    const pin = expression.pin as Pin | undefined;
    expression.value = undefined;
    expression.pin = undefined;
    if (pin === undefined || --pin.holders > 0) return;
    this.#byBlock.delete(pin.block);
    this.#collected.unregister(pin);
    this.#release(this.#remains.get(pin) as Remains);
  }

  #make(block: Block): Pin {
    const pin = new Pin(block);
    const remains: Remains = { block: block.hold(), released: false };
    this.sizeBytes += block.sizeBytes;
    this.#byBlock.set(block, new WeakRef(pin));
    this.#remains.set(pin, remains);
    this.#collected.register(pin, remains, pin);
    return pin;
  }

  #release(remains: Remains): void {
    if (remains.released) return;
    remains.released = true;
    this.sizeBytes -= remains.block.sizeBytes;
    remains.block.release();
  }
}
