import type { SharedScope } from "@eventwire/worker";
import { serveDesk } from "./serve-desk.js";

serveDesk(self as unknown as SharedScope);
