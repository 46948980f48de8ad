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
} from "@eventwire/wire";
export { type ServeOptions, serve } from "./serve.js";
