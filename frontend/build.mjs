// Builds the modules of the panel and of cards, which are committed, so that who installs SyncID needs no Node.js.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

import { NAMES, sprite } from "./icons.mjs";
import { OWN, SOURCES, shrunk } from "./shrink.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "../custom_components/syncid/panel/dist");

// Names the sources in the module, so that a test can tell without Node.js whether one is of the other.
function hashOfSources() {
  const files = readdirSync(SOURCES, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile() && file.name.endsWith(".ts"))
    .map((file) => relative(SOURCES, join(file.parentPath ?? file.path, file.name)).split(sep).join("/"))
    .sort();
  const hash = createHash("sha256");
  for (const file of files) {
    hash.update(`${file}\0`);
    hash.update(readFileSync(join(SOURCES, file)));
    hash.update("\0");
  }
  return hash.digest("hex").slice(0, 16);
}

const texts = shrunk(SOURCES);

// What a style sheet of ours keeps for others of ours: two letters of each are enough.
const kept = new Map();
function brief(name, letters) {
  if ((kept.get(letters) ?? name) !== name) throw new Error(`${name} and ${kept.get(letters)} would be one`);
  kept.set(letters, name);
  return `--${letters}`;
}
for (const [path, text] of texts) texts.set(path, text.replace(/--sid-([a-z]{2})[a-z-]*/g, brief));

const small = {
  name: "small",
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, ({ path }) => (texts.has(path) ? { contents: texts.get(path), loader: "ts" } : undefined));
  },
};

const pictures = sprite(NAMES);
writeFileSync(join(dist, "syncid-icons.svg"), pictures);

const hash = hashOfSources();

for (const [name, entry, what] of [
  ["syncid-panel", "main.ts", "The panel"],
  ["syncid-cards", "cards/main.ts", "The cards"],
]) {
  await build({
    entryPoints: [join(SOURCES, entry)],
    outfile: join(dist, `${name}.js`),
    bundle: true,
    plugins: [small],
    mangleProps: OWN,
    tsconfigRaw: { compilerOptions: { useDefineForClassFields: true } },
    define: { SPRITE: JSON.stringify(createHash("sha256").update(pictures).digest("hex").slice(0, 12)) },
    format: "esm",
    target: "es2022",
    minify: true,
    charset: "utf8",
    legalComments: "none",
    banner: {
      js: `/* ${what} of SyncID, built of frontend/src (sources ${hash}). With Lit, BSD-3-Clause, Copyright Google LLC. */`,
    },
  });
}
