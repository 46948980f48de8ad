import { type Chapter, type ConformanceCase, casesOf } from "../conformance/conformance-case.js";
import { abilitiesOf } from "../conformance/declared.js";
import { advancing } from "./advancing.js";
import { closing } from "./closing.js";
import { crashing } from "./crashing.js";
import { leaving } from "./leaving.js";
import { opening } from "./opening.js";
import { type OutboxAbilities, type OutboxFeatures, outboxAbilities } from "./outbox-harness.js";
import type { OutboxStage } from "./outbox-stage.js";
import { putting } from "./putting.js";
import { room } from "./room.js";

export type OutboxCase = ConformanceCase<OutboxStage>;
export type OutboxChapter = Chapter<OutboxStage, OutboxAbilities>;

/** What a store of outboxes promises, as a table of contents. */
const chapters: Readonly<Record<string, OutboxChapter>> = {
  opening,
  putting,
  advancing,
  closing,
  leaving,
  crashing,
  room,
};

/** The cases for a store of these features, each a promise of the port with what shows it. */
export function outboxCases(features: OutboxFeatures): readonly OutboxCase[] {
  return casesOf(chapters, abilitiesOf(outboxAbilities, features));
}
