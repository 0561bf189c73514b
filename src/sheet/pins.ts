// Bytes that live handles hold: counted, given back when a handle is disposed or, as a safety net, collected.
import type { Expression } from '../expr/expression.ts';
import type { Block, Value } from '../tensor/block.ts';

/** What is left of a pin when its expression is gone. */
interface Pin {
  readonly block: Block;
  readonly sizeBytes: number;
  released: boolean;
}

/** Holds values for expressions. Small ones lie on the JavaScript heap and need no care. */
export class Pins {
  sizeBytes = 0;
  readonly #pins = new WeakMap<Expression, Pin>();
  readonly #collected = new FinalizationRegistry<Pin>((pin) => this.#release(pin));

  /** Keeps `value` with the expression until it is collected or `unpin` is called. */
  pin(expression: Expression, value: Value): void {
    expression.value = value;
    if (!value.block.recycled) return;
    const pin: Pin = { block: value.block.hold(), sizeBytes: value.block.sizeBytes, released: false };
    this.sizeBytes += pin.sizeBytes;
    this.#pins.set(expression, pin);
    this.#collected.register(expression, pin, pin);
  }

  /** Gives the bytes back now; the expression can be computed again if it knows how. */
  unpin(expression: Expression): void {
    const pin = this.#pins.get(expression);
    if (expression.operands.length > 0 || expression.row?.source === true) expression.value = undefined;
    if (pin === undefined || expression.value !== undefined) return;
    this.#pins.delete(expression);
    this.#collected.unregister(pin);
    this.#release(pin);
  }

  #release(pin: Pin): void {
    if (pin.released) return;
    pin.released = true;
    this.sizeBytes -= pin.sizeBytes;
    pin.block.release();
  }
}
