import { endsApart } from "../processes/ends.js";
import type { FanoutEnds } from "./clients-end.js";

/** The server and the clients of an implementation, each in a process. */
export const fanoutEnds = (implementation: string, installed: string): Promise<FanoutEnds> =>
  endsApart({ server: "fanout/server-end", client: "fanout/clients-end", implementation, installed });
