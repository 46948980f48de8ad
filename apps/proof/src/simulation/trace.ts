/** What happened, as a number that two equal runs share; and line by line, for who asks for it. */
export class Trace {
  readonly #tell: ((line: string) => void) | undefined;
  #hash = 0x811c9dc5;

  constructor(tell?: (line: string) => void) {
    this.#tell = tell;
  }

  /** FNV-1a (Fowler, Noll, Vo), of everything so far. */
  get hash(): string {
    return (this.#hash >>> 0).toString(16).padStart(8, "0");
  }

  note(time: number, who: string, what: string): void {
    const line = `${time.toFixed(3)} ${who} ${what}`;
    for (let index = 0; index < line.length; index++) {
      this.#hash = Math.imul(this.#hash ^ line.charCodeAt(index), 0x01000193);
    }
    this.#tell?.(line);
  }
}
