import { connect } from "@eventwire/socket.io-client";
import { parcels } from "./contract.js";
import { startDriver } from "./driver/start-driver.js";
import { endWith, readTold } from "./environment.js";
import { loadPlaces } from "./places/places.js";
import { report } from "./report.js";

/** The process of a driver. */
const { url, name, key, speed } = readTold(process.env);
const bus = connect(parcels, url, { auth: { role: "driver", name, key }, onError: report });
const stop = startDriver({ bus, name, places: loadPlaces(), speed, faults: 0.08, random: Math.random });
endWith(async () => {
  stop();
  // What is under way is brought to its end.
  await bus.close({ drain: 6_000 });
});
