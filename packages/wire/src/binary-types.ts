/**
 * How values that MessagePack has no type for are written: as its extension types. Map, Set and objects of a shape are arrays
 * whose first item says what they are, so that any reader of MessagePack can walk over them.
 */
export const extension = {
  undefined: 0,
  /** The first item of an array: the properties of an object follow, in the order of the shape of this number. */
  shape: 1,
  /** Milliseconds since the Unix epoch, a float of 64 bits. */
  date: 2,
  /** Decimal digits. */
  bigint: 3,
  /** The first item of an array: keys and values follow in turn. */
  map: 4,
  /** The first item of an array: the items follow. */
  set: 5,
  /** A value as its JSON text. */
  json: 6,
} as const;

/** How many shapes one side may tell: their numbers fit into a byte. */
export const maxShapes = 256;
/** Of how many properties a shape may be. */
export const maxShapeKeys = 64;

/** How long a property's name may be to be in a shape, and all names together of one side. */
export const maxShapeName = 64;
export const maxShapeNames = 65_536;

/** The property names of objects that are alike, in order. */
export type Shape = readonly string[];

/** How a message begins that is a part: an array, its type, and the head of its bytes, whose length follows. */
export const partHead = Uint8Array.of(0x92, 0xa4, 0x70, 0x61, 0x72, 0x74, 0xc6);
