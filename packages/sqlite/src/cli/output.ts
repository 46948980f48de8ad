import { once } from "node:events";
import { appendFileSync, closeSync, openSync, rmSync } from "node:fs";
import { setImmediate as turn } from "node:timers/promises";

/** Where lines go. */
export interface Output {
  /** Whether nobody takes any more, such as where a pipe is broken. */
  readonly closed: boolean;
  write(line: string): void | Promise<void>;
  flush(): void | Promise<void>;
  /** @param complete whether all was written that was to be. */
  end(complete: boolean): void;
}

/** How many characters go together. */
const chunk = 65_536;

/** Lines to a stream, at its pace. */
export class StreamOutput implements Output {
  closed = false;
  readonly #stream: NodeJS.WritableStream;
  #text = "";

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream;
    stream.on("error", () => {
      this.closed = true;
    });
  }

  write(line: string): void | Promise<void> {
    this.#text += `${line}\n`;
    return this.#text.length < chunk ? undefined : this.flush();
  }

  async flush(): Promise<void> {
    const text = this.#text;
    this.#text = "";
    if (text === "" || this.closed) return;
    const takesMore = this.#stream.write(text);
    // Also where it does, so that signals and a broken pipe are noticed.
    await turn();
    if (takesMore || this.closed) return;
    await Promise.race([once(this.#stream, "drain"), once(this.#stream, "close")]).catch(() => undefined);
  }

  end(): void {
    // The stream is the process's.
  }
}

/** Lines to a file that is not there yet, and is not left behind in part. */
export class FileOutput implements Output {
  readonly closed = false;
  readonly #path: string;
  readonly #file: number;
  #text = "";

  /** @throws what the file system does, also where there is a file already. */
  constructor(path: string) {
    this.#path = path;
    this.#file = openSync(path, "wx");
  }

  write(line: string): void {
    this.#text += `${line}\n`;
    if (this.#text.length >= chunk) this.flush();
  }

  flush(): void {
    appendFileSync(this.#file, this.#text);
    this.#text = "";
  }

  end(complete: boolean): void {
    if (complete) this.flush();
    closeSync(this.#file);
    if (!complete) rmSync(this.#path, { force: true });
  }
}
