import { type Chapter, type ConformanceCase, casesOf } from "../conformance/conformance-case.js";
import { abilitiesOf } from "../conformance/declared.js";
import { appending } from "./appending.js";
import { asking } from "./asking.js";
import { causes } from "./causes.js";
import { closing } from "./closing.js";
import { codecs } from "./codecs.js";
import { credentials } from "./credentials.js";
import { differences } from "./differences.js";
import { errors } from "./errors.js";
import { events } from "./events.js";
import { fields } from "./fields.js";
import { flow } from "./flow.js";
import { following } from "./following.js";
import { frames } from "./frames.js";
import { greeting } from "./greeting.js";
import { groups } from "./groups.js";
import { type ProtocolAbilities, type ProtocolFeatures, protocolAbilities } from "./harness.js";
import { listening } from "./listening.js";
import { messagePack } from "./message-pack.js";
import { requests } from "./requests.js";
import { runs } from "./runs.js";
import { shapes } from "./shapes.js";
import { signsOfLife } from "./signs-of-life.js";
import type { ProtocolStage } from "./stage.js";
import { streams } from "./streams.js";
import { tasks } from "./tasks.js";
import { values } from "./values.js";

export type ProtocolCase = ConformanceCase<ProtocolStage>;
export type ProtocolChapter = Chapter<ProtocolStage, ProtocolAbilities>;

/** What a server says and takes, in the order of the protocol's page. */
const chapters: Readonly<Record<string, ProtocolChapter>> = {
  frames,
  "runs of events": runs,
  values,
  MessagePack: messagePack,
  shapes,
  "which codec": codecs,
  fields,
  "hello and welcome": greeting,
  listening,
  following,
  appending,
  groups,
  credentials,
  events,
  flow,
  causes,
  requests,
  "streamed answers": streams,
  tasks,
  "requests to clients": asking,
  "signs of life": signsOfLife,
  errors,
  closing,
  differences,
};

/** The cases for servers of these features, each a sentence of the protocol with what shows it. */
export function protocolCases(features: ProtocolFeatures): readonly ProtocolCase[] {
  return casesOf(chapters, abilitiesOf(protocolAbilities, features));
}
