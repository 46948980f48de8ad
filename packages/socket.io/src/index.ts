export type {
  Addressed,
  Allow,
  CachedQuestion,
  CachedRule,
  ConnectedPeer,
  Counters,
  EmitQuestion,
  ExplainQuestion,
  Explanation,
  Hub,
  Limits,
  ListenQuestion,
  Origins,
  Principal,
  Rate,
  RequestQuestion,
  Rule,
  ServeOptions,
  Verdict,
} from "@eventwire/wire";
export { everyKey } from "@eventwire/wire";
export { serve } from "./serve.js";
