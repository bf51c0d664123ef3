// Makes the sources small where esbuild leaves them as they are: in what it takes for texts, and for names of others.
import { dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";

import ts from "typescript";

const here = dirname(fileURLToPath(import.meta.url));
export const SOURCES = join(here, "src");

// Stands for an expression in a template.
export const EXPRESSION = "\0";

// Where a line ends before or after a block begins or ends, a space would be nothing to see; nor would one in a button.
const BLOCK =
  "(?:div|section|article|header|main|nav|ul|ol|li|p|h1|h2|h3|form|fieldset|legend|table|thead|tbody|tr|th|td|option|dl|dt|dd|sid-[\\w-]+)";
const ROOM = `(?:${BLOCK}|button|label|select)`;
const BEFORE_BLOCK = new RegExp(`\\s*\\n\\s*(?=<${BLOCK}\\b|</${ROOM}>)`, "g");
const AFTER_BLOCK = new RegExp(`(<${ROOM}\\b[^<>]*>|</${BLOCK}>)\\s*\\n\\s*`, "g");

// What a browser closes by itself at the end of a template; Lit looks for the end of what holds mere text.
const CLOSING = /(?:<\/(?!textarea|title|style|script)[\w-]+>)+$/;

/** A template in HTML. */
export const smallHtml = (text) =>
  text
    .replace(/\s*\n\s*>/g, ">")
    .replace(BEFORE_BLOCK, "")
    .replace(AFTER_BLOCK, "$1")
    .replace(/\s*\n\s*/g, " ")
    .replace(/([\w-])="([\w-]+)"(?=[ >])/g, "$1=$2")
    .replace(CLOSING, "");

/** A template in SVG: there nothing is closed by itself. */
const smallSvg = (text) => text.replace(/\s*\n\s*/g, " ").trim();

/** A style sheet. */
export const smallCss = (text) =>
  text
    .replace(/\/\*.*?\*\//gs, "")
    .replace(/\s+/g, " ")
    .replace(/ ?([{};,>]) ?/g, "$1")
    .replace(/: /g, ":")
    .replace(/ !important/g, "!important")
    .replace(/\btransparent\b/g, "#0000")
    .replace(/(?<=[ :,(])0\./g, ".")
    .replace(/;}/g, "}")
    .trim();

const SMALLER = { html: smallHtml, svg: smallSvg, css: smallCss };

// What ends so is nobody's but ours, and esbuild may call it what it likes; as it may what begins as what is Lit's own.
// What Lit tells other copies of itself (_$lit…) is left.
const MARK = "_$own";
export const OWN = /_\$own$|^_\$[A-Z]/;

const decoratorsOf = (node) => (ts.canHaveDecorators(node) && ts.getDecorators(node)) || [];

/** Lit's own name of a decorator, and what it is told; none for what is no call. */
function toldBy({ expression }) {
  return ts.isCallExpression(expression) ? [expression.expression.getText(), expression.arguments[0]?.getText()] : [];
}

const isProperty = (node) =>
  ts.isPropertyDeclaration(node) ||
  ts.isMethodDeclaration(node) ||
  ts.isAccessor(node) ||
  ts.isParameterPropertyDeclaration(node, node.parent);

// What a decorator makes is left: Lit and others know those by their names. But for a state, which Lit only hands back.
// A class that extends no other is known to nobody else at all; a name of two letters could not be shorter.
function isOwn(declaration) {
  if (!declaration || !isProperty(declaration)) return false;
  if (decoratorsOf(declaration).some((one) => toldBy(one)[0] !== "state")) return false;
  if (ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Private) return true;
  const node = ts.isParameter(declaration) ? declaration.parent.parent : declaration.parent;
  return ts.isClassDeclaration(node) && !node.heritageClauses && declaration.name?.getText().length > 2;
}

/** What a name stands for: in `const { a } = b` for a property of b, besides what it makes. */
function meantBy(node, checker) {
  const { parent } = node;
  if (!ts.isBindingElement(parent) || (parent.propertyName ?? parent.name) !== node) return checker.getSymbolAtLocation(node);
  return checker.getTypeAtLocation(parent.parent).getProperty(node.text);
}

const isReactive = (member) => decoratorsOf(member).some((one) => ["property", "state"].includes(toldBy(one)[0]));

const nameOf = (member) => `${member.name.getText()}${isOwn(member) ? MARK : ""}`;

/**
 * The properties of a Lit element told at once: a decorator for each costs twice as much. Nobody gives an element of
 * ours an attribute that is none, so that it need not be told which are none.
 */
function gathered(node) {
  const [found, properties] = [[], []];
  for (const member of node.members) {
    for (const decorator of decoratorsOf(member)) {
      const [name, told] = toldBy(decorator);
      // Any other one Lit would have to find on the field itself, which is not left as it is.
      if (name !== "property" && name !== "state") throw new Error(`${name} is not known: ${member.getText()}`);
      const isNone = name === "state" || !told || /^\{ attribute: false \}$/.test(told);
      properties.push(`${nameOf(member)}: ${isNone ? "{}" : told}`);
      found.push([decorator.getStart(), decorator.end, ""]);
    }
  }
  if (properties.length) found.push([node.members.pos, node.members.pos, ` static properties = { ${properties.join(", ")} };`]);
  return found;
}

/**
 * A class whose fields need no constructor: what is Lit's is assigned in a field of no use, since a field of its name
 * would hide what Lit has made of it; what begins as nothing is left out.
 */
function fielded(node) {
  const found = [];
  let [last, fields] = [undefined, 0];
  const end = () => {
    if (last) found.push([last.initializer.end, last.end, ");"]);
    last = undefined;
  };
  for (const member of node.members) {
    const isField = ts.isPropertyDeclaration(member) && !(ts.getCombinedModifierFlags(member) & ts.ModifierFlags.Static);
    if (isField && !member.initializer) found.push([member.getStart(), member.end, ""]);
    else if (isField && isReactive(member)) {
      const begins = last ? [last.initializer.end, `, `] : [member.getStart(), `_${fields++} = (`];
      found.push([begins[0], member.initializer.getStart(), `${begins[1]}this.${nameOf(member)} = `]);
      last = member;
    } else end();
  }
  end();
  return found;
}

/** What a constructor is given for a property: assigned, where a field of that name would be declared besides. */
function given(node) {
  const made = node.heritageClauses ? undefined : node.members.find(ts.isConstructorDeclaration);
  return (made?.parameters ?? [])
    .filter((one) => ts.isParameterPropertyDeclaration(one, made))
    .flatMap((one) => [
      [one.getStart(), one.name.getStart(), ""],
      [made.body.getStart() + 1, made.body.getStart() + 1, ` this.${nameOf(one)} = ${nameOf(one)};`],
    ]);
}

/** An element made known at the end of its class: a decorator is told what a class may do by itself. */
function defined(node) {
  return decoratorsOf(node).flatMap((decorator) => [
    [decorator.getStart(), decorator.end, ""],
    [node.members.end, node.members.end, ` static { ${decorator.expression.getText()}(this); } `],
  ]);
}

/** What is nobody's but ours, marked as that. */
export function named(source, checker) {
  const found = [];
  const look = (node) => {
    if (ts.isIdentifier(node) && isOwn(meantBy(node, checker)?.declarations?.[0])) {
      const both = ts.isBindingElement(node.parent) && !node.parent.propertyName;
      found.push([node.end, node.end, both ? `${MARK}: ${node.text}` : MARK]);
    }
    ts.forEachChild(node, look);
  };
  look(source);
  return found;
}

/** What a tagged template says, and where each of its pieces stands. */
export function templateOf({ template }) {
  const pieces = ts.isTemplateExpression(template)
    ? [template.head, ...template.templateSpans.map((span) => span.literal)]
    : [template];
  const places = pieces.map((piece) => [piece.getStart() + 1, piece.end - (piece.getText().endsWith("${") ? 2 : 1)]);
  const all = template.getSourceFile().text;
  return { places, text: places.map(([start, end]) => all.slice(start, end)).join(EXPRESSION) };
}

function edits(source, checker) {
  const found = named(source, checker);
  const look = (node) => {
    if (ts.isClassDeclaration(node)) found.push(...gathered(node), ...fielded(node), ...given(node), ...defined(node));
    // Which of its names is meant is not known before it runs, and then it is another one.
    if (ts.isElementAccessExpression(node) && node.expression.kind === ts.SyntaxKind.ThisKeyword)
      throw new Error(`${source.fileName}: what is private cannot be found by a name: ${node.getText()}`);
    if (ts.isTaggedTemplateExpression(node)) {
      const small = SMALLER[node.tag.getText()];
      const { places, text } = templateOf(node);
      const put = small ? small(text).split(EXPRESSION) : [];
      put.forEach((one, at) => found.push([...places[at], one]));
    }
    ts.forEachChild(node, look);
  };
  look(source);
  // Of two that replace what begins there, the one that replaces more; after what is only put in.
  const width = ([start, end]) => (end > start ? -end : -Infinity);
  return found.sort((one, other) => one[0] - other[0] || width(one) - width(other) || 0);
}

/** All sources of a folder, changed: their texts by their paths. */
export function shrunk(folder, how = edits) {
  const { config } = ts.readConfigFile(join(here, "tsconfig.json"), ts.sys.readFile);
  const { fileNames, options } = ts.parseJsonConfigFileContent(config, ts.sys, here);
  const program = ts.createProgram(fileNames, options);
  const checker = program.getTypeChecker();
  const texts = new Map();
  for (const source of program.getSourceFiles()) {
    const path = source.fileName.split("/").join(sep);
    if (!path.startsWith(folder)) continue;
    let [text, at] = ["", 0];
    for (const [start, end, put] of how(source, checker)) {
      if (start < at) continue; // of what is written anew as a whole
      text += source.text.slice(at, start) + put;
      at = end;
    }
    texts.set(path, text + source.text.slice(at));
  }
  return texts;
}
