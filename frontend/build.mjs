// Builds the modules of the panel and of cards, which are committed, so that who installs SyncID needs no Node.js.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

import { build, transform } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const sources = join(here, "src");

// Names the sources in the module, so that a test can tell without Node.js whether one is of the other.
function hashOfSources() {
  const files = readdirSync(sources, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile() && file.name.endsWith(".ts"))
    .map((file) => relative(sources, join(file.parentPath ?? file.path, file.name)).split(sep).join("/"))
    .sort();
  const hash = createHash("sha256");
  for (const file of files) {
    hash.update(`${file}\0`);
    hash.update(readFileSync(join(sources, file)));
    hash.update("\0");
  }
  return hash.digest("hex").slice(0, 16);
}

// Where a line ends before a block begins or ends, a space would be nothing to see.
const BEFORE_BLOCK = /\n\s*(?=<\/?(?:div|section|article|header|main|nav|ul|li|p|h1|h2|form|fieldset|table|thead|tbody|tr|th|td|option|sid-\w+)\b)/g;

// Templates are written to be read; the module is not. Once code is on one line, what breaks a line is inside one.
const templates = {
  name: "templates",
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      if (!path.startsWith(sources)) return undefined;
      const { code } = await transform(readFileSync(path, "utf8"), {
        loader: "ts",
        minifyWhitespace: true,
        charset: "utf8",
        tsconfigRaw: readFileSync(join(here, "tsconfig.json"), "utf8"),
      });
      const styles = (css) => css.replace(/\s*([{};,>])\s*/g, "$1").replace(/:\s+/g, ":").replace(/\/\*.*?\*\//g, "");
      const contents = code.trim().replace(BEFORE_BLOCK, "").replace(/\n\s*/g, " ").replace(/css`[^`$]*`/g, styles);
      return { contents, loader: "js" };
    });
  },
};

const hash = hashOfSources();

for (const [name, entry, what] of [
  ["syncid-panel", "main.ts", "The panel"],
  ["syncid-cards", "cards/main.ts", "The cards"],
]) {
  await build({
    entryPoints: [join(sources, entry)],
    outfile: join(here, `../custom_components/syncid/panel/dist/${name}.js`),
    bundle: true,
    plugins: [templates],
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
