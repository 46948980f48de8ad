/** Whether an adapter has an ability. Where it has not, the reason, which readers of its test file are to find there. */
export type Declared = true | { readonly value: false; readonly because: string };

/** What an adapter declares of itself, ability by ability. None has a default: who writes an adapter decides each. */
export type Declarations<Ability extends string> = Readonly<Record<Ability, Declared>>;

/** The same as plain flags, for the cases of a suite. */
export type Abilities<Ability extends string> = Readonly<Record<Ability, boolean>>;

/**
 * @param known the abilities that a suite tests.
 * @throws {TypeError} when an ability is not declared, or unknown, or is missing without a reason.
 */
export function abilitiesOf<Ability extends string>(
  known: readonly Ability[],
  features: Declarations<Ability>,
): Abilities<Ability> {
  const unknown = Object.keys(features).find((name) => !known.includes(name as Ability));
  if (unknown !== undefined) throw new TypeError(`"${unknown}" is no feature that is tested.`);
  const entries = known.map((ability) => [ability, isDeclared(ability, features[ability])] as const);
  return Object.fromEntries(entries) as Abilities<Ability>;
}

/** What is declared may come from JavaScript, where nothing has checked it. */
function isDeclared(ability: string, declared: Declared | undefined): boolean {
  if (declared === true) return true;
  if (declared === undefined) throw new TypeError(`The feature "${ability}" is not declared.`);
  if (declared.value === false && typeof declared.because === "string" && /\S/.test(declared.because))
    return false;
  throw new TypeError(`The feature "${ability}" is false; say because of what.`);
}
