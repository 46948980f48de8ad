/** How long the tests wait for what a page or the hub comes to show, and how often they look: milliseconds. */
export const patience = { timeout: 45_000, interval: 100 } as const;
