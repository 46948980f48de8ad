/** MessagePack, put together by hand: the suite says byte by byte what crosses a link. */
export type Packed = readonly number[];

const utf8 = new TextEncoder();

export function frameOf(...messages: readonly Packed[]): Uint8Array {
  return Uint8Array.from(messages.flat());
}

/** A number of so many bytes, the largest first. */
export function unsigned(value: number, bytes: number): Packed {
  return Array.from({ length: bytes }, (_, index) => Math.floor(value / 256 ** (bytes - 1 - index)) % 256);
}

export function float(value: number): Packed {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return [0xcb, ...new Uint8Array(view.buffer)];
}

/** A text of up to 31 bytes as a fixstr, a longer one with a length of 32 bits. */
export function text(value: string): Packed {
  const bytes = utf8.encode(value);
  return [...(bytes.length < 32 ? [0xa0 | bytes.length] : [0xdb, ...unsigned(bytes.length, 4)]), ...bytes];
}

export function array(...items: readonly Packed[]): Packed {
  const head = items.length < 16 ? [0x90 | items.length] : [0xdd, ...unsigned(items.length, 4)];
  return [...head, ...items.flat()];
}

/** Extension 6: a value as its JSON. */
export function json(value: string): Packed {
  const bytes = utf8.encode(value);
  return [0xc9, ...unsigned(bytes.length, 4), 6, ...bytes];
}

/** The first item of the array that is an object of a shape. */
export function shape(number: number): Packed {
  return [0xd4, 1, number];
}

/** An event of a client, its data in the form at hand. */
export function event(data: Packed, id = "id", name = "value.changed"): Packed {
  return array(text("event"), text(name), data, text(id));
}
