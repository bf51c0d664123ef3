import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { environment: "jsdom", include: ["test/**/*.test.ts"], testTimeout: 30_000 },
  esbuild: { target: "es2022" },
});
