/** Whether an adapter has an ability. Where it has not, the reason, which readers of its test file are to find there. */
export type Declared = true | { readonly value: false; readonly because: string };

/** What an adapter declares of itself, ability by ability. None has a default: who writes an adapter decides each. */
export type Declarations<Ability extends string> = Readonly<Record<Ability, Declared>>;

/** The same as plain flags, for the cases of a suite. */
export type Abilities<Ability extends string> = Readonly<Record<Ability, boolean>>;

/** @throws {TypeError} when a missing ability has no reason. */
export function abilitiesOf<Ability extends string>(features: Declarations<Ability>): Abilities<Ability> {
  const entries = Object.entries<Declared>(features).map(([ability, declared]) => {
    if (declared !== true && declared.because.trim() === "") {
      throw new TypeError(`The feature "${ability}" is false; say because of what.`);
    }
    return [ability, declared === true] as const;
  });
  return Object.fromEntries(entries) as Abilities<Ability>;
}
