import type { Participant } from "./participant.js";
import type { Order, Role } from "./role.js";

/* One process of many: a server on the file that some share, or a client of these. */

// Who has started it is gone already: nobody reads the pipe.
if (!process.connected) process.exit(1);
const participant = await participantOf(JSON.parse(process.argv[2] ?? "") as Role);
process.on(
  "message",
  (order: Order) => void participant.obey(order).catch((error) => participant.trouble(error)),
);
process.on("disconnect", () => process.exit(1));
process.on("uncaughtException", (error) => {
  participant.trouble(error);
  process.exit(1);
});
await participant.run();

/** What the other half needs is not loaded: processes start often here. */
async function participantOf(role: Role): Promise<Participant> {
  if (!role.link) return new (await import("./serving.js")).Serving(role);
  return new (await import("./connecting.js")).Connecting(role, role.link);
}
