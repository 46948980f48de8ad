import { availableParallelism } from "node:os";
import { defaultClientConditions, defaultServerConditions } from "vite";
import { defineConfig } from "vitest/config";
import { threads } from "./scripts/vitest-threads.mjs";

// Workspace packages are tested as their sources, never as a build that may be old.
const source = "@eventwire/source";

// By default one core less, which on a machine with two is half of it. Here two more: many tests wait, for leases, sockets and processes.
const workers = availableParallelism() + 2;

const packaging = "packages/integration/src/packaging/**/*.test.ts";
/** What mocks modules, and so needs its own. */
const apart = "packages/*/src/**/*.apart.test.ts";
const documentation = "packages/integration/src/documentation/**/*.test.ts";

export default defineConfig({
  plugins: [threads()],
  resolve: { conditions: [source, ...defaultClientConditions] },
  ssr: { resolve: { conditions: [source, ...defaultServerConditions] } },
  test: {
    setupFiles: ["./scripts/patience.mjs"],
    expect: { poll: { timeout: 20_000 } },
    // Groups run one after another: what starts compilers or a browser has the machine to itself.
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["packages/*/src/**/*.test.ts", "apps/*/src/**/*.test.{ts,tsx}", "scripts/**/*.test.mjs"],
          exclude: ["packages/integration/**", apart],
          // Loading the modules for each file anew takes as long as testing them does.
          isolate: false,
          // Of properties and servers on a machine that others use as well; a test that hangs is still found.
          testTimeout: 60_000,
          maxWorkers: workers,
          // Where something is not to be kept, what is no longer needed is collected before looking.
          execArgv: ["--expose-gc"],
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: "apart",
          include: [apart],
          testTimeout: 60_000,
          maxWorkers: workers,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: "types",
          include: [],
          typecheck: {
            enabled: true,
            only: true,
            include: ["packages/*/src/**/*.test-d.ts", "apps/*/src/**/*.test-d.ts"],
            tsconfig: "tsconfig.type-tests.json",
          },
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: "integration",
          include: ["packages/integration/src/**/*.test.ts"],
          exclude: [packaging, documentation],
          isolate: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: workers,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: "packages",
          include: [packaging],
          testTimeout: 120_000,
          hookTimeout: 240_000,
          maxWorkers: workers,
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          name: "documentation",
          include: [documentation],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          maxWorkers: workers,
          // Beside the packages: both only read what was built, and each is one long file.
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          name: "browser",
          include: ["apps/*/e2e/**/*.test.ts"],
          testTimeout: 150_000,
          hookTimeout: 120_000,
          // Each file has servers and a browser of its own.
          maxWorkers: 2,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
