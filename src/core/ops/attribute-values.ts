// Values that attributes of an operation may have, and how a row reads one whose kind it has declared.
import type { DType } from '../tensor/dtype.ts';

/** A value an attribute may have; lists are of numbers, null standing for "to the end". */
export type AttributeValue = number | bigint | boolean | string | null | readonly (number | null)[];

type Values = Readonly<Record<string, AttributeValue | undefined>>;

// Attributes are checked against the row when the call is made, so that reading one is a matter of its type alone.

/** An attribute that the row declares as a number. */
export const numberAttribute = (values: Values, name: string): number => values[name] as number;

/** An attribute that the row declares as a number or null. */
export const numberOrNull = (values: Values, name: string): number | null => values[name] as number | null;

/** An attribute that the row declares as a list of numbers. */
export const numbersAttribute = (values: Values, name: string): readonly number[] => values[name] as readonly number[];

/** An attribute that the row declares as the value of an element. */
export const scalarAttribute = (values: Values, name: string): number | bigint => values[name] as number | bigint;

/** An attribute that the row declares as one of several choices, or as a text. */
export const textAttribute = (values: Values, name: string): string => values[name] as string;

/** An attribute that the row declares as a dtype. */
export const dtypeAttribute = (values: Values, name: string): DType => values[name] as DType;
