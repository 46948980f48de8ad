import { type Chapter, type ConformanceCase, casesOf } from "../conformance/conformance-case.js";
import { abilitiesOf } from "../conformance/declared.js";
import { after } from "./after.js";
import { appending } from "./appending.js";
import { asAList } from "./as-a-list.js";
import { type BrokerAbilities, type BrokerTraits, brokerAbilities } from "./broker-harness.js";
import type { BrokerStage } from "./broker-stage.js";
import { cancelling } from "./cancelling.js";
import { claiming } from "./claiming.js";
import { compaction } from "./compaction.js";
import { cursors } from "./cursors.js";
import { dead } from "./dead.js";
import { enqueuing } from "./enqueuing.js";
import { erasure } from "./erasure.js";
import { features } from "./features.js";
import { hints } from "./hints.js";
import { keyOrder } from "./key-order.js";
import { lifecycle } from "./lifecycle.js";
import { limits } from "./limits.js";
import { producers } from "./producers.js";
import { reading } from "./reading.js";
import { settling } from "./settling.js";
import { sharing } from "./sharing.js";
import { signals } from "./signals.js";
import { states } from "./states.js";
import { taskStates } from "./task-states.js";
import { trimming } from "./trimming.js";
import { watching } from "./watches.js";
import { writing } from "./writing.js";

export type BrokerCase = ConformanceCase<BrokerStage>;
export type BrokerChapter = Chapter<BrokerStage, BrokerAbilities>;

/** What a broker promises, as a table of contents. */
const chapters: Readonly<Record<string, BrokerChapter>> = {
  features,
  "log: appending": appending,
  "log: producers": producers,
  "log: reading": reading,
  "log: trimming": trimming,
  "log: compaction": compaction,
  "log: erasure": erasure,
  "log: cursors": cursors,
  "tasks: enqueuing": enqueuing,
  "tasks: claiming": claiming,
  "tasks: order by key": keyOrder,
  "tasks: settling": settling,
  "tasks: the dead": dead,
  "tasks: cancelling and pausing": cancelling,
  "tasks: how they stand": taskStates,
  "tasks: waiting for others": after,
  "tasks: limits": limits,
  "tasks: as a list": asAList,
  writing,
  hints,
  signals,
  sharing,
  lifecycle,
  states,
  "states: watching": watching,
};

/** The cases for a broker of these abilities, each a promise of the port with what shows it. */
export function brokerCases(traits: BrokerTraits): readonly BrokerCase[] {
  return casesOf(chapters, abilitiesOf(brokerAbilities, traits));
}
