/** One promise of a port, and what shows it. It is data, so that it also runs without being a test of its own. */
export interface ConformanceCase<Stage> {
  readonly chapter: string;
  /** A sentence about behaviour, which no other case of the suite has. */
  readonly name: string;
  readonly show: (stage: Stage) => Promise<void>;
}

/** Adds a case to the chapter that is being declared. */
export type Declare<Stage> = (name: string, show: (stage: Stage) => Promise<void>) => void;

/** A part of a suite: the cases that hold for an adapter of these abilities. */
export type Chapter<Stage, Abilities> = (declare: Declare<Stage>, abilities: Abilities) => void;

/** The cases of all chapters, in their order. */
export function casesOf<Stage, Abilities>(
  chapters: Readonly<Record<string, Chapter<Stage, Abilities>>>,
  abilities: Abilities,
): readonly ConformanceCase<Stage>[] {
  const cases: ConformanceCase<Stage>[] = [];
  for (const [title, chapter] of Object.entries(chapters)) {
    chapter((name, show) => cases.push({ chapter: title, name, show }), abilities);
  }
  return cases;
}
