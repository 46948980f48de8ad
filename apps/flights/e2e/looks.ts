import type { BrowserContextOptions } from "playwright-core";

/** The ways in which the page is looked at. */
export const looks = {
  light: { viewport: { width: 1440, height: 900 }, colorScheme: "light" },
  dark: { viewport: { width: 1440, height: 900 }, colorScheme: "dark" },
  tablet: { viewport: { width: 820, height: 1180 }, colorScheme: "light", hasTouch: true },
  phone: {
    viewport: { width: 360, height: 780 },
    colorScheme: "light",
    deviceScaleFactor: 2,
    hasTouch: true,
    isMobile: true,
  },
  "phone-dark": {
    viewport: { width: 360, height: 780 },
    colorScheme: "dark",
    deviceScaleFactor: 2,
    hasTouch: true,
    isMobile: true,
  },
} satisfies Record<string, BrowserContextOptions>;
