export type {
  Addressed,
  Allow,
  ConnectedPeer,
  Counters,
  EmitQuestion,
  Hub,
  Limits,
  ListenQuestion,
  Origins,
  Principal,
  RequestQuestion,
  Rule,
  ServeOptions,
} from "@eventwire/wire";
export { serve } from "./serve.js";
