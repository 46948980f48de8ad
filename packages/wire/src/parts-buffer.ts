/** How much larger the buffer becomes when it is full: so much more than has come it may cost. */
const growth = 4;

/** What has come of a message that comes in parts: text, or bytes that grow with what comes, whatever was announced. */
export class PartsBuffer {
  /** What was announced. */
  readonly bytes: number;
  #texts: string[] | undefined;
  #buffer: Uint8Array | undefined;
  #at = 0;

  constructor(bytes: number) {
    this.bytes = bytes;
  }

  /** Adds a part, of no more than is missing. @returns false where it is of another kind than those before. */
  add(data: Uint8Array | string): boolean {
    if (typeof data === "string") {
      if (this.#buffer) return false;
      this.#texts ??= [];
      this.#texts.push(data);
      return true;
    }
    if (this.#texts) return false;
    const end = this.#at + data.length;
    if (!this.#buffer || end > this.#buffer.length) {
      const larger = new Uint8Array(Math.min(this.bytes, end * growth));
      if (this.#buffer) larger.set(this.#buffer.subarray(0, this.#at));
      this.#buffer = larger;
    }
    this.#buffer.set(data, this.#at);
    this.#at = end;
    return true;
  }

  /** All of it. Nobody else has its bytes. */
  whole(): Uint8Array | string {
    return this.#buffer ?? this.#texts!.join("");
  }

  clear(): void {
    this.#texts = undefined;
    this.#buffer = undefined;
    this.#at = 0;
  }
}
