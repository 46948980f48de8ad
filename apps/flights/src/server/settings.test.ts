import { describe, expect, test } from "vitest";
import { readSettings, SettingsError } from "./settings.js";

describe("the settings", () => {
  test("have defaults that nobody else on the network can reach", () => {
    expect(readSettings({})).toEqual({ host: "127.0.0.1", port: 4_200, speed: 180 });
    expect(readSettings({ HOST: "", PORT: " ", SPEED: "" })).toEqual({
      host: "127.0.0.1",
      port: 4_200,
      speed: 180,
    });
  });

  test("come from the environment", () => {
    expect(readSettings({ HOST: "0.0.0.0", PORT: "8080", SPEED: "3600" })).toEqual({
      host: "0.0.0.0",
      port: 8_080,
      speed: 3_600,
    });
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
    expect(() => readSettings(environment)).toThrow(SettingsError);
    expect(() => readSettings(environment)).toThrow(Object.keys(environment)[0]);
  });
});
