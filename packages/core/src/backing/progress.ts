/** Lets one who waits for the work of many look again whenever some of it is done. */
export class Progress {
  #waiting: (() => void)[] = [];

  made(): void {
    if (this.#waiting.length > 0) for (const look of this.#waiting.splice(0)) look();
  }

  /** Resolves when progress is made. */
  next(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Resolves when `holds` does; looked at now, and whenever progress is made. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await this.next();
  }
}
