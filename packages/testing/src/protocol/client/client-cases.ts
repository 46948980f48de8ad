import { type Chapter, type ConformanceCase, casesOf } from "../../conformance/conformance-case.js";
import type { Abilities } from "../../conformance/declared.js";
import { abilitiesOf } from "../../conformance/declared.js";
import { appending } from "./appending.js";
import { closing } from "./closing.js";
import { following } from "./following.js";
import { frames } from "./frames.js";
import { greeting } from "./greeting.js";
import { groups } from "./groups.js";
import {
  type ProtocolClientAbility,
  type ProtocolClientFeatures,
  protocolClientAbilities,
} from "./harness.js";
import { listening } from "./listening.js";
import { requests } from "./requests.js";
import type { ProtocolClientStage } from "./stage.js";

export type ProtocolClientCase = ConformanceCase<ProtocolClientStage>;
export type ProtocolClientChapter = Chapter<ProtocolClientStage, Abilities<ProtocolClientAbility>>;

/** What a client says and takes. */
const chapters: Readonly<Record<string, ProtocolClientChapter>> = {
  "hello and welcome": greeting,
  frames,
  listening,
  following,
  appending,
  groups,
  requests,
  closing,
};

/** The cases for clients of these features, each a sentence of the protocol with what shows it. */
export function protocolClientCases(features: ProtocolClientFeatures): readonly ProtocolClientCase[] {
  return casesOf(chapters, abilitiesOf(protocolClientAbilities, features));
}
