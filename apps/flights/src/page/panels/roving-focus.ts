const STEPS: Readonly<Record<string, (index: number, count: number) => number>> = {
  ArrowDown: (index, count) => Math.min(count - 1, index + 1),
  ArrowUp: (index) => Math.max(0, index - 1),
  Home: () => 0,
  End: (_, count) => count - 1,
};

/** Moves the focus among the buttons of a list by the arrow keys, so that the list is one stop of the Tab key. */
export function moveFocus(event: KeyboardEvent, list: HTMLElement): void {
  const step = STEPS[event.key];
  const buttons: HTMLElement[] = [...list.querySelectorAll("button")];
  const focused = document.activeElement;
  const index = focused instanceof HTMLElement ? buttons.indexOf(focused) : -1;
  if (step === undefined || index === -1) return;
  event.preventDefault();
  const next = buttons[step(index, buttons.length)]!;
  for (const button of buttons) button.tabIndex = button === next ? 0 : -1;
  next.focus();
}
