import { expect, it } from "vitest";
import { Chance } from "./chance.js";
import { Disk } from "./disk.js";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (disk: Disk, name = "file") => new TextDecoder().decode(disk.read(name));

/** What is left of a file after many losses of power, each as chance will have it. */
function leftAfter(prepare: (disk: Disk, chance: Chance) => void): Set<string> {
  const left = new Set<string>();
  for (let seed = 0; seed < 300; seed++) {
    const disk = new Disk();
    const chance = new Chance(seed);
    prepare(disk, chance);
    disk.crash(chance, () => undefined);
    left.add(text(disk));
  }
  return left;
}

function withFile(content: string): Disk {
  const disk = new Disk();
  disk.place("file", bytes(content));
  return disk;
}

it("shows at once what was written, and after a loss of power what was synced", () => {
  const disk = withFile("abc");
  disk.write("file", 3, bytes("def"));
  expect(text(disk)).toBe("abcdef");
  disk.sync("file");
  disk.crash(new Chance(1), () => undefined);
  expect(text(disk)).toBe("abcdef");
});

it("leaves of what was not synced all, nothing, its beginning, or all but a hole", () => {
  const left = leftAfter((disk) => {
    disk.place("file", bytes("abc"));
    disk.write("file", 3, bytes("def"));
  });
  expect([...left].every((one) => one.startsWith("abc"))).toBe(true);
  for (const one of ["abc", "abcd", "abcde", "abcdef", "abcd\0f"]) expect(left).toContain(one);
});

it("does not write later what a failed sync has let go", () => {
  const left = leftAfter((disk, chance) => {
    disk.place("file", bytes("abc"));
    disk.write("file", 3, bytes("def"));
    disk.failToSync("file", chance);
    disk.sync("file");
  });
  expect([...left].sort()).toEqual(["abc", "abcdef"]);
});

it("forgets a name that was given and not synced, or keeps it with what is in the file", () => {
  const left = leftAfter((disk) => {
    disk.place("file", bytes("old"));
    disk.write("draft", 0, bytes("new"));
    disk.sync("draft");
    disk.rename("draft", "file");
  });
  expect([...left].sort()).toEqual(["new", "old"]);
});
