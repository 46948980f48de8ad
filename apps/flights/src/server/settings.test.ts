import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readSettings, SettingsError } from "./settings.js";

const folder = join("app", ".data");

describe("the settings", () => {
  test("have defaults that nobody else on the network can reach", () => {
    const defaults = { host: "127.0.0.1", port: 4_200, speed: 180, data: join(folder, "4200") };
    expect(readSettings({}, folder)).toEqual(defaults);
    expect(readSettings({ HOST: "", PORT: " ", SPEED: "", DATA: " " }, folder)).toEqual(defaults);
  });

  test("come from the environment", () => {
    const environment = { HOST: "0.0.0.0", PORT: "8080", SPEED: "3600", DATA: "/var/lib/flights" };
    expect(readSettings(environment, folder)).toEqual({
      host: "0.0.0.0",
      port: 8_080,
      speed: 3_600,
      data: "/var/lib/flights",
    });
  });

  test("give each port a folder of its own, so that two hubs never share a log", () => {
    expect(readSettings({ PORT: "4201" }, folder).data).toBe(join(folder, "4201"));
  });

  test.each([
    { PORT: "http" },
    { PORT: "65536" },
    { PORT: "-1" },
    { PORT: "80.5" },
    { SPEED: "0" },
    { SPEED: "3601" },
    { SPEED: "fast" },
  ])("are refused by name when they make no sense: %o", (environment) => {
    expect(() => readSettings(environment, folder)).toThrow(SettingsError);
    expect(() => readSettings(environment, folder)).toThrow(Object.keys(environment)[0]);
  });
});
