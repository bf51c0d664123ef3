import { describe, expect, it } from "vitest";

// @ts-expect-error: the build is plain JavaScript
import { NAMES, sprite } from "../icons.mjs";
// @ts-expect-error: the build is plain JavaScript
import { SOURCES, shrunk, smallCss, smallHtml } from "../shrink.mjs";

/** What a browser would show of it. */
function shown(text: string): string {
  const div = document.createElement("div");
  div.innerHTML = text;
  return div.textContent ?? "";
}

describe("smallHtml", () => {
  it("drops what ends a line beside a block", () => {
    expect(smallHtml("<div>\n    <p>\n      Late\n    </p>\n  </div>\n  ")).toBe("<div><p>Late</p></div>");
  });

  it("keeps the space between words, and between what stands in a line", () => {
    expect(shown(smallHtml("<p>two\n   words <b>and</b>\n  <i>more</i></p>"))).toBe("two words and more");
    expect(smallHtml("<b>a</b> <i>b</i>")).toBe("<b>a</b> <i>b</i>");
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

  it("closes a tag behind an expression", () => {
    expect(smallHtml("\n  >text</span\n  >")).toBe(">text</span >");
  });
});

describe("smallCss", () => {
  it("says the same", () => {
    const css = "\n  a,\n  b > c {\n    color: red; /* why */\n    margin: calc(1px + 2px) 0;\n  }\n  a :hover { top: 0; }\n";
    expect(smallCss(css).trim()).toBe("a,b>c{color:red;margin:calc(1px + 2px) 0}a :hover{top:0}");
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
