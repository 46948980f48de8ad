import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** A program that runs as a process of its own, and what it has said. */
export class ProgramRun {
  readonly lines: string[] = [];
  readonly process: ChildProcess;
  readonly #ended: Promise<void>;
  #over = false;
  #waiting: (() => void)[] = [];

  constructor(command: string, ...parameters: readonly string[]) {
    this.process = spawn(command, parameters, { stdio: ["ignore", "pipe", "inherit"] });
    const lines = createInterface({ input: this.process.stdout! });
    lines.on("line", (line) => {
      this.lines.push(line);
      this.#wake();
    });
    this.#ended = new Promise((resolve) => {
      lines.once("close", () => {
        this.#over = true;
        resolve();
        this.#wake();
      });
    });
  }

  /** Resolves when it has said so many lines. Rejects when it ends before. */
  async said(count: number): Promise<void> {
    while (this.lines.length < count) {
      if (this.#over) throw new Error(`It has ended after ${this.lines.length} lines.`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Resolves when it has ended, and all that it said is here. */
  ended(): Promise<void> {
    return this.#ended;
  }

  kill(): Promise<void> {
    this.process.kill("SIGKILL");
    return this.#ended;
  }

  /** The largest number that it has said with a word; 0 without any. */
  last(word: string): number {
    const numbers = this.lines.map((line) => line.split(" ")).filter(([first]) => first === word);
    return Math.max(0, ...numbers.map(([, number]) => Number(number)));
  }

  #wake(): void {
    for (const look of this.#waiting.splice(0)) look();
  }
}
