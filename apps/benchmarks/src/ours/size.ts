import { packageVersion } from "../harness/package-version.js";
import type { Sized } from "../size/sized.js";

export const version = packageVersion("@eventwire/core");

/** What core loads when the first durable event or task is used. */
const onDemand = ["./memory.js", "./backing/open-backing.js"];
/** What a client loads while it connects, and MessagePack with it. */
const whileConnecting = "./client-session.js";
const client = 'export { connect } from "@eventwire/socket.io-client"';

export const imported: Sized["imported"] = {
  core: {
    code: 'export { createBus, defineContract, event, request } from "@eventwire/core"',
    without: onDemand,
  },
  "client (JSON)": { code: client, without: [...onDemand, whileConnecting, "socket.io-client"] },
  "client (JSON), once connected": {
    code: client,
    without: [...onDemand, "./binary-codec.js", "socket.io-client"],
  },
  "client (JSON), with Socket.IO": { code: client, without: onDemand },
  "rxjs part": {
    code: 'export { stream } from "@eventwire/core/rxjs"',
    without: ["rxjs", "@eventwire/queue", "*/attach.js"],
  },
};
