import {
  type OpenOutbox,
  type OutboxEntry,
  type OutboxState,
  type OutboxStore,
  UnavailableError,
} from "@eventwire/core";
import type { Participant } from "../participant.js";
import { Store } from "../store.js";

/** What is written of an outbox: events that come, or how many go and how far it is. */
type Row =
  | { readonly type: "put"; readonly entries: readonly OutboxEntry[] }
  | { readonly type: "advance"; readonly done: number; readonly state: OutboxState };

/** The files of a device that hold outboxes, as its folder lists them. */
export class OutboxFolder {
  readonly name: string;
  readonly files = new Set<string>();
  #made = 0;

  constructor(name: string) {
    this.name = name;
  }

  add(): string {
    this.#made += 1;
    const file = `${this.name}-${this.#made}`;
    this.files.add(file);
    return file;
  }
}

const nothing: OutboxState = { epoch: 0, confirmed: 0, first: 1, sent: 0, user: undefined };

/** Outboxes in files of a device, which one process at a time has. */
export function deviceOutbox(program: Participant, folder: OutboxFolder): OutboxStore {
  const { oracle } = program.world;
  const taken = new Set<string>();
  const open = async (file: string): Promise<OpenOutbox> => {
    const store = new Store<Row>(program.process.host, file);
    const pause = () => program.sleep(20);
    let entries: readonly OutboxEntry[] = [];
    let state = nothing;
    const apply = (row: Row) => {
      if (row.type === "put") entries = [...entries, ...row.entries];
      else {
        entries = entries.slice(row.done);
        ({ state } = row);
      }
    };
    for (const row of await store.open()) apply(row);
    for (const entry of entries) oracle.called(entry.id, idIn(entry));
    let last: Promise<void> = Promise.resolve();
    const write = (row: Row) => {
      last = last.then(() => store.add(row, pause));
      return last.then(() => apply(row));
    };
    return {
      producer: file,
      state,
      entries,
      put: async (more) => {
        if (!program.world.healed && program.world.chance.of(0.02)) {
          program.world.fault("outbox-full", folder.name);
          throw new UnavailableError("The device takes nothing more.");
        }
        for (const entry of more) oracle.called(entry.id, idIn(entry));
        await write({ type: "put", entries: more });
      },
      advance: (done, state) => write({ type: "advance", done, state }),
      close: async () => {
        await last;
        taken.delete(file);
        if (entries.length === 0) folder.files.delete(file);
      },
    };
  };
  return {
    durability: "process",
    open: () => {
      const file = [...folder.files].find((each) => !taken.has(each)) ?? folder.add();
      taken.add(file);
      return open(file);
    },
  };
}

/** The id that the emitter gave it, outside of the system. */
function idIn({ body }: OutboxEntry): string {
  return /"id":"([^"]+)"/.exec(body)?.[1] ?? "";
}
