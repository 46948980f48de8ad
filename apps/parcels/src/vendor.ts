import { join } from "node:path";
import { connect } from "@eventwire/socket.io-client";
import { parcels } from "./contract.js";
import { endWith, readTold } from "./environment.js";
import { loadPlaces } from "./places/places.js";
import { report } from "./report.js";
import { Ledger } from "./vendor/ledger.js";
import { ledgerFile } from "./vendor/ledger-file.js";
import { startVendor } from "./vendor/start-vendor.js";

/** The process of a vendor. */
const { url, name, key, data = ".", speed } = readTold(process.env);
const bus = connect(parcels, url, { auth: { role: "vendor", name, key }, onError: report });
const stop = startVendor({
  ...{ bus, name, random: Math.random },
  ledger: new Ledger(ledgerFile(join(data, `${name}.jsonl`))),
  places: [...loadPlaces().keys()],
  pause: 3_000 / speed,
});
endWith(async () => {
  stop();
  // What waits for the hub is in the book, and handed in by the next process.
  await bus.close({ drain: 500 });
});
