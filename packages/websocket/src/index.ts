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
  GroupQuestion,
  Hub,
  Limits,
  ListenQuestion,
  Origins,
  Principal,
  Rate,
  RequestQuestion,
  Rule,
  Verdict,
} from "@eventwire/wire";
export { everyKey } from "@eventwire/wire";
export { type ServeOptions, serve } from "./serve.js";
