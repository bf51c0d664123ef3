import ts from "typescript";
import { describe, expect, it } from "vitest";

// @ts-expect-error: the build is plain JavaScript
import { NAMES, sprite } from "../icons.mjs";
// @ts-expect-error: the build is plain JavaScript
import { EXPRESSION, SOURCES, named, shrunk, smallCss, smallHtml, templateOf } from "../shrink.mjs";

/** What a browser would show of it. */
function shown(text: string): string {
  const div = document.createElement("div");
  div.innerHTML = text;
  return div.textContent ?? "";
}

/** What a browser makes of a template, but for spaces that end a line. */
function parsed(text: string): string {
  const template = document.createElement("template");
  let inTag = false;
  template.innerHTML = text.replace(new RegExp(`[<>${EXPRESSION}]`, "g"), (one) => {
    if (one !== EXPRESSION) inTag = one === "<";
    return one !== EXPRESSION ? one : inTag ? "x" : "<!--x-->";
  });
  const texts = document.createNodeIterator(template.content, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode())
    node.textContent = (node.textContent ?? "").replace(/\s+/g, " ").trim();
  return template.innerHTML;
}

const paths = [...(shrunk(SOURCES, () => []) as Map<string, string>).keys()];

function* templates(): Generator<string> {
  for (const path of paths) {
    const found: string[] = [];
    const look = (node: ts.Node): void => {
      if (ts.isTaggedTemplateExpression(node) && node.tag.getText() === "html") found.push(templateOf(node).text);
      ts.forEachChild(node, look);
    };
    look(ts.createSourceFile(path, ts.sys.readFile(path) ?? "", ts.ScriptTarget.ES2022, true));
    yield* found;
  }
}

describe("smallHtml", () => {
  it("drops what ends a line beside a block", () => {
    expect(smallHtml("<div>\n    <p>\n      Late\n    </p>\n  </div>\n  ")).toBe("<div><p>Late");
  });

  it("keeps the space between words, and between what stands in a line", () => {
    expect(shown(smallHtml("<p>two\n   words <b>and</b>\n  <i>more</i></p>"))).toBe("two words and more");
    expect(smallHtml("<b>a</b> <i>b</i> c")).toBe("<b>a</b> <i>b</i> c");
  });

  it("keeps attributes apart", () => {
    const small = smallHtml('<button\n    class="icon flip"\n    type="button"\n    aria-label="x"\n  >go</button>');
    const div = document.createElement("div");
    div.innerHTML = small;
    const { attributes } = div.firstElementChild as Element;
    expect(Object.fromEntries([...attributes].map((one) => [one.name, one.value]))).toEqual({
      class: "icon flip",
      type: "button",
      "aria-label": "x",
    });
    expect(small).not.toContain('"x"');
  });

  it("drops what ends a line in a button, and keeps the space before the next", () => {
    const small = smallHtml(`<b>\n<button @click=${EXPRESSION}\n>\n  ${EXPRESSION} a\n</button>\n<button>b</button>\n</b>!`);
    expect(small).toBe(`<b> <button @click=${EXPRESSION}>${EXPRESSION} a</button> <button>b</button> </b>!`);
  });

  it("leaves to the browser what it closes by itself", () => {
    expect(smallHtml(`<ul>${EXPRESSION}</ul></div\n>`)).toBe(`<ul>${EXPRESSION}`);
    expect(smallHtml("<label><textarea></textarea></label>")).toBe("<label><textarea></textarea>");
  });

  it("says the same to a browser in each template of ours", () => {
    const all = [...templates()];
    expect(all.length).toBeGreaterThan(300);
    for (const text of all) expect(parsed(smallHtml(text)), text).toBe(parsed(text));
  });
});

describe("smallCss", () => {
  it("says the same", () => {
    const css = "\n  a,\n  b > c {\n    color: red; /* why */\n    margin: calc(1px + 2px) 0;\n  }\n  a :hover { top: 0; }\n";
    expect(smallCss(css)).toBe("a,b>c{color:red;margin:calc(1px + 2px) 0}a :hover{top:0}");
  });

  it("says it shorter", () => {
    expect(smallCss("a { margin: 0.5em 10.5px; color: transparent; top: 0 !important; }")).toBe(
      "a{margin:.5em 10.5px;color:#0000;top:0!important}",
    );
  });
});

describe("shrunk", () => {
  const texts: Map<string, string> = shrunk(SOURCES);

  it("leaves no decorator", () => {
    expect(texts.size).toBeGreaterThan(40);
    for (const [path, text] of texts) expect(text, path).not.toMatch(/@(customElement|property|state)\(/);
  });

  it("assigns what Lit watches, and makes fields of the rest", () => {
    const text = texts.get(`${SOURCES}/ui/confirm.ts`)!.replace(/\s+/g, " ");
    expect(text).toContain("static properties = { heading: {}, ");
    expect(text).toContain('_0 = (this.heading = "", this.text = "", ');
    expect(text).toContain('static { customElement("sid-confirm")(this); }');
    expect(text).toMatch(/ say_\$own = \(\): void => /);
  });
});

describe("named", () => {
  it("calls everything of ours the same everywhere", () => {
    const texts: Map<string, string> = shrunk(SOURCES, named);
    expect([...texts.values()].join()).toMatch(/\bask_\$own\(/);
    const { config } = ts.readConfigFile("tsconfig.json", ts.sys.readFile);
    const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ".");
    const host = ts.createCompilerHost(options);
    const read = host.readFile.bind(host);
    host.readFile = (path) => texts.get(path) ?? read(path);
    const wrong = ts.getPreEmitDiagnostics(ts.createProgram([...texts.keys()], options, host));
    expect(wrong.map(({ file, messageText }) => [file?.fileName, messageText])).toEqual([]);
  });
});

describe("sprite", () => {
  it("has each pictogram once", () => {
    const drawn = new DOMParser().parseFromString(sprite(NAMES), "image/svg+xml");
    expect([...drawn.querySelectorAll("symbol")].map((one) => one.id)).toEqual(Object.keys(NAMES));
    expect([...drawn.querySelectorAll("path")].every((one) => one.getAttribute("d"))).toBe(true);
  });

  it("knows no others", () => {
    expect(() => sprite({ no: "mdiNoSuchThing" })).toThrow("mdiNoSuchThing");
  });
});
