import { connect } from "@eventwire/socket.io-client";
import { expect, onTestFinished, test, vi } from "vitest";
import { type Credentials, parcels, type VendorCount } from "../contract.js";
import { startDriver } from "../driver/start-driver.js";
import { loadPlaces } from "../places/places.js";
import { Ledger } from "../vendor/ledger.js";
import { startVendor } from "../vendor/start-vendor.js";
import { startHub } from "./start-hub.js";

const staff = { key: "secret", names: ["acorn", "dana"] };
const patience = { timeout: 15_000, interval: 20 };

async function start() {
  const hub = await startHub({ staff });
  onTestFinished(() => hub.close());
  const as = (role: Credentials["role"], name: string, key?: string) => {
    const bus = connect(parcels, `http://127.0.0.1:${hub.port}`, {
      auth: { role, name, key },
      onError: () => undefined,
      socket: { forceNew: true },
    });
    onTestFinished(() => bus.close({ drain: 0 }));
    return bus;
  };
  return { hub, as, operator: as("operator", "olga", "secret") };
}

const denied = expect.objectContaining({ code: "Denied" });
const parcel = (id: string, to = "BOS") => ({ parcel: id, from: "SEA", to });

test("a parcel that is handed in is picked up and delivered, and its vendor is told by whom", async () => {
  const { as } = await start();
  const vendor = as("vendor", "ann");
  const driver = as("driver", "dan");
  const [drive, random] = [{ name: "dan", places: loadPlaces(), speed: 100, faults: 0 }, () => 0.5];
  onTestFinished(startDriver({ bus: driver, ...drive, random }));
  const seen: string[] = [];
  await vendor.on("parcel.*", ({ name }) => seen.push(name), { key: "ann-1" }).ready;

  const { id } = await vendor.enqueue("parcel.accept", parcel("ann-1"), { dedupe: "ann-1" });
  const again = await vendor.enqueue("parcel.accept", parcel("ann-1"), { dedupe: "ann-1" });
  expect(again).toMatchObject({ id, duplicate: true });
  const { delivery } = await vendor.tasks("parcel.accept").result(id);
  expect(await vendor.tasks("parcel.deliver").result(delivery)).toEqual({ driver: "dan" });
  await vi.waitFor(
    () =>
      expect(seen).toEqual(["parcel.accepted", "parcel.pickedUp", "parcel.inTransit", "parcel.delivered"]),
    patience,
  );
});

test("a stranger may neither see, nor hand in, nor wait for what is another's", async () => {
  const { as } = await start();
  const ann = as("vendor", "ann");
  const { id } = await ann.enqueue("parcel.accept", parcel("ann-1"));
  const { delivery } = await ann.tasks("parcel.accept").result(id);
  for (const stranger of [as("vendor", "bob"), as("driver", "bob")]) {
    await expect(stranger.on("parcel.accepted", () => undefined, { key: "ann-1" }).ready).rejects.toThrow(
      denied,
    );
    await expect(stranger.on("parcel.accepted", () => undefined).ready).rejects.toThrow(denied);
    await expect(stranger.enqueue("parcel.accept", parcel("ann-2"))).rejects.toThrow(denied);
    await expect(stranger.tasks("parcel.deliver").result(delivery)).rejects.toThrow(denied);
    await expect(stranger.tasks("parcel.deliver").cancel(delivery)).rejects.toThrow(denied);
    await expect(stranger.request("dead.list", {})).rejects.toThrow(denied);
  }
  await expect(as("vendor", "bob").work("parcel.pickup", () => undefined).ready).rejects.toThrow(denied);
  const step = { parcel: "ann-1", driver: "dana", attempt: 1 };
  await expect(as("driver", "bob").emit("parcel.delivered", step)).rejects.toThrow(denied);
});

test("names of the service's own, and operators, have to be proved by the key", async () => {
  const { as } = await start();
  for (const bus of [as("operator", "olga", "guess"), as("vendor", "acorn"), as("driver", "dana", "")]) {
    await expect(bus.request("places.list", {})).rejects.toThrow(denied);
  }
  expect((await as("vendor", "acorn", "secret").request("places.list", {})).length).toBeGreaterThan(30);
});

test("a parcel for a place that is closed fails for good, and is delivered once that is open and it is redriven", async () => {
  const { as, operator } = await start();
  const counts: VendorCount[] = [];
  await operator.on("vendor.counted", (count) => counts.push(count)).ready;
  const ledger = new Ledger({ lines: [JSON.stringify(parcel("ann-1", "ANC"))], write: () => undefined });
  const vendor = { bus: as("vendor", "ann"), name: "ann", places: ["SEA", "BOS"], pause: 1e8 };
  onTestFinished(startVendor({ ...vendor, ledger, random: Math.random }));
  const driver = { bus: as("driver", "dan"), name: "dan", places: loadPlaces(), speed: 100, faults: 0 };
  onTestFinished(startDriver({ ...driver, random: Math.random }));

  const one = { vendor: "ann", handedIn: 1, waiting: 0, underWay: 0, delivered: 0, lost: 0, twice: 0 };
  await vi.waitFor(() => expect(counts.at(-1)).toEqual({ ...one, failed: 1 }), patience);
  expect(await operator.request("dead.list", {})).toMatchObject([
    { task: "parcel.deliver", parcel: "ann-1", attempts: 3, reason: "ANC is closed." },
  ]);
  await operator.emit("place.opened", { place: "ANC" });
  expect(await operator.request("dead.redrive", { parcels: ["ann-1"] })).toBe(1);
  await vi.waitFor(() => expect(counts.at(-1)).toEqual({ ...one, delivered: 1, failed: 0 }), patience);
  expect(await operator.request("dead.list", {})).toEqual([]);
});
