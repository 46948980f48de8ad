import { serveDesk } from "./serve-desk.js";

serveDesk(self, () => self.close());
