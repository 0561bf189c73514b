// Values that attributes of an operation may have.

/** A value an attribute may have; lists are of numbers, null standing for "to the end". */
export type AttributeValue = number | bigint | boolean | string | null | readonly (number | null)[];
