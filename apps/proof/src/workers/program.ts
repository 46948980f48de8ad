import { Voice, type WorkOrder, type WorkRole } from "./words.js";

/* One process of many: a hub on the file that some share, or a client of these. */

// Who has started it is gone already: nobody reads the pipe.
if (!process.connected) process.exit(1);
const role = JSON.parse(process.argv[2] ?? "") as WorkRole;
const voice = new Voice(role);
process.on("disconnect", () => process.exit(1));
process.on("uncaughtException", (error) => {
  voice.trouble(error);
  process.exit(1);
});
const obey = await take();
process.on("message", (order: WorkOrder) => {
  const end = () => {
    if (order.type !== "hand-in") process.exit(0);
  };
  obey(order).then(end, (error) => voice.trouble(error));
});

/** What another part needs is not loaded: processes start often here. */
async function take(): Promise<(order: WorkOrder) => Promise<void>> {
  switch (role.part) {
    case "hub":
      return (await import("./hub.js")).beHub(role, voice);
    case "vendor":
      return (await import("./vendor.js")).beVendor(role, voice);
    case "worker":
      return (await import("./worker.js")).beWorker(role, voice);
  }
}
