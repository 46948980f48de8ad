import { decodeFrames, encodeFrame } from "../log/frames.js";
import type { Host } from "../log/host.js";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Rows in a file of an application's own, each of them there as a whole or not at all. */
export class Store<Row> {
  readonly #host: Host;
  readonly #file: string;
  #end = 0;
  /** Whether nothing lies behind its end. */
  #clean = false;

  constructor(host: Host, file: string) {
    this.#host = host;
    this.#file = file;
  }

  /** What is on the disk. */
  static rows<Row>(bytes: Uint8Array): readonly Row[] {
    return Store.read<Row>(bytes, 0).rows;
  }

  /** What is on the disk behind a place where a row ends, and where the last of these does. */
  static read<Row>(bytes: Uint8Array, from: number): { readonly rows: readonly Row[]; readonly end: number } {
    const frames = decodeFrames(bytes.subarray(from), from);
    const rows = frames.map(({ payload }) => JSON.parse(decoder.decode(payload)) as Row);
    return { rows, end: frames.at(-1)?.end ?? from };
  }

  /** Reads it, and goes on behind what is whole. */
  async open(): Promise<readonly Row[]> {
    const bytes = await this.#host.files.read(this.#file, 0);
    const { rows, end } = Store.read<Row>(bytes, 0);
    this.#end = end;
    return rows;
  }

  /** Tries until it is on the disk. */
  async add(row: Row, pause: () => Promise<void>): Promise<void> {
    const { files } = this.#host;
    const frame = encodeFrame(encoder.encode(JSON.stringify(row)), this.#end);
    for (;;) {
      try {
        if (!this.#clean) {
          await files.truncate(this.#file, this.#end);
          await files.syncFolder();
        }
        this.#clean = false;
        await files.write(this.#file, this.#end, frame);
        await files.sync(this.#file);
        this.#clean = true;
        break;
      } catch {
        await pause();
      }
    }
    this.#end += frame.length;
  }
}
