/** Finds the element with an id that the page's HTML promises, and checks its kind. */
export function findElement<E extends Element>(id: string, kind: abstract new (...rest: never[]) => E): E {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`This page has no ${kind.name} with the id ${id}`);
  return element;
}

/** Writes a text where it differs, since writing the same one again would be told to screen readers. */
export function writeText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Makes an element with a class and, where given, what it consists of. */
export function createElement<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  ...content: readonly (string | Node)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (className !== "") element.className = className;
  element.append(...content);
  return element;
}

/** A dot of a tone, and a word beside it. */
export function createTag(tone: "good" | "busy" | "wait" | "bad" | "calm", word: string): HTMLElement {
  const tag = createElement("span", "tag", word);
  tag.dataset.tone = tone;
  return tag;
}

export function createButton(
  word: string,
  label: string,
  act: () => void,
  className = "",
): HTMLButtonElement {
  const button = createElement("button", `button button--small ${className}`, word);
  button.type = "button";
  button.setAttribute("aria-label", label);
  button.addEventListener("click", act);
  return button;
}
