import { type Watched, watch } from "@eventwire/core/watch";
import type { ClientBus } from "@eventwire/socket.io-client";
import type { Parcel, ParcelState, Parcels } from "../contract.js";
import type { Ledger } from "./ledger.js";

/** A vendor's book, kept up to date. */
export interface Book {
  /** How its parcels stand at the hub. */
  readonly states: Watched<string, ParcelState>;
  /** Writes a parcel down and hands it in; resolves with the id of its delivery once the hub has accepted it. */
  handIn(parcel: Parcel): Promise<string>;
  stop(): void;
}

/** Hands in what waits in the book, notes what the hub has, and says every second how the book adds up. */
export function keepBook(bus: ClientBus<Parcels>, name: string, ledger: Ledger): Book {
  const states = watch(bus, "parcels.watch", {});
  states.on((change) => {
    const keys = change.type === "snapshot" ? change.entries.map(([key]) => key) : [change.key];
    for (const parcel of keys) ledger.confirm(parcel);
  });
  // By the parcel's id: whatever was handed in before, and by which process, it is one parcel.
  const enqueue = (parcel: Parcel) => bus.enqueue("parcel.accept", parcel, { dedupe: parcel.parcel });
  for (const parcel of ledger.waiting) void enqueue(parcel);

  let stopped = false;
  let counting: ReturnType<typeof setInterval> | undefined;
  // Until then nothing is known of any parcel. Where it rejects, the bus has reported why.
  states.ready.then(
    () => {
      if (stopped) return;
      const count = () => bus.emit("vendor.counted", ledger.count(name, states));
      count();
      counting = setInterval(count, 1_000);
    },
    () => undefined,
  );
  return {
    states,
    async handIn(parcel) {
      ledger.add(parcel);
      const { id } = await enqueue(parcel);
      return (await bus.tasks("parcel.accept").result(id)).delivery;
    },
    stop() {
      stopped = true;
      clearInterval(counting);
      states.stop();
    },
  };
}
