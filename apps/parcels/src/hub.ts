import { endWith, readTold } from "./environment.js";
import { startHub } from "./hub/start-hub.js";

/** The process of the hub. */
const { key, data } = readTold(process.env);
const hub = await startHub({ data, staff: { key, names: (process.env.PARCELS_STAFF ?? "").split(",") } });
endWith(() => hub.close());
process.send?.({ port: hub.port });
