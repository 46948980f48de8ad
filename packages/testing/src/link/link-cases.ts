import { type Chapter, type ConformanceCase, casesOf } from "../conformance/conformance-case.js";
import { abilitiesOf } from "../conformance/declared.js";
import { closing } from "./closing.js";
import { facts } from "./facts.js";
import { flow } from "./flow.js";
import { frames } from "./frames.js";
import { isolation } from "./isolation.js";
import { type LinkAbilities, type LinkFeatures, linkAbilities } from "./link-harness.js";
import type { LinkStage } from "./link-stage.js";
import { loss } from "./loss.js";
import { opening } from "./opening.js";
import { source } from "./source.js";
import { states } from "./states.js";

export type LinkCase = ConformanceCase<LinkStage>;
export type LinkChapter = Chapter<LinkStage, LinkAbilities>;

/** What a link promises, as a table of contents. */
const chapters: Readonly<Record<string, LinkChapter>> = {
  frames,
  opening,
  states,
  flow,
  closing,
  loss,
  facts,
  source,
  isolation,
};

/** The cases for links of these features, each a promise of the port with what shows it. */
export function linkCases(features: LinkFeatures): readonly LinkCase[] {
  return casesOf(chapters, abilitiesOf(linkAbilities, features));
}
