// Writes API.md from the package's declarations, so that the reference says what the editor says. With --check it only
// compares.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('..', import.meta.url));
const target = join(root, 'API.md');
const declarations = ['index.d.ts', 'react/index.d.ts', 'devtools/index.d.ts']
  .map((file) => ({ file, path: join(root, 'pkg', file) }))
  .filter(({ path }) => existsSync(path));

/** Types whose members are described one by one. */
const DETAILED = ['DbFunctions', 'CacheManager', 'RealtimeManager', 'DatabaseClient', 'SubscriptionHandle'];

const program = ts.createProgram(
  declarations.map(({ path }) => path),
  { strict: true, noLib: false, skipLibCheck: true, moduleResolution: ts.ModuleResolutionKind.Bundler },
);
const checker = program.getTypeChecker();

function exportsOf(path) {
  const source = program.getSourceFile(path);
  const module = source && checker.getSymbolAtLocation(source);
  return module === undefined ? [] : checker.getExportsOfModule(module);
}

function declared(symbol) {
  const real = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  return { real, nodes: real.declarations ?? [] };
}

/** How a tag of a doc comment reads in a document. */
const TAGS = {
  example: (text) => text,
  throws: (text) => `**Throws** ${text}`,
};

function docOf(symbol) {
  const tags = symbol.getJsDocTags(checker).map(({ name, text }) => {
    const format = TAGS[name];
    if (format === undefined)
      throw new Error(`${symbol.name} has a tag @${name}, which API.md does not know`);
    return format(ts.displayPartsToString(text).trim());
  });
  return [ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim(), ...tags]
    .filter(Boolean)
    .join('\n\n');
}

/** The declaration's text without its comments. */
function textOf(node) {
  const printer = ts.createPrinter({ removeComments: true });
  const text = printer.printNode(ts.EmitHint.Unspecified, node, node.getSourceFile());
  return text.replace(/^export (declare )?/, '').replace(/^declare /, '');
}

const code = (text) => `\`\`\`ts\n${text}\n\`\`\``;
const entry = (level, name, symbol, nodes) =>
  [`${'#'.repeat(level)} \`${name}\``, code(nodes.map(textOf).join('\n')), docOf(symbol)]
    .filter(Boolean)
    .join('\n\n');

/** Every member of an interface with its doc comment; overloads stand together. */
function membersOf(name, real) {
  const members = checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(real));
  const described = members.map((member) => {
    const nodes = member.declarations ?? [];
    const docs = nodes
      .map((node) =>
        ts.getJSDocCommentsAndTags(node).map((doc) => ts.getTextOfJSDocComment(doc.comment) ?? ''),
      )
      .map((lines) => lines.join('\n'))
      .filter(Boolean);
    return [
      `#### \`${nameOf(member)}\``,
      code(nodes.map(textOf).join('\n')),
      [...new Set(docs)].join('\n\n'),
    ].join('\n\n');
  });
  return [`### \`${name}\``, docOf(real), ...described].filter(Boolean).join('\n\n');
}

/** As it is written: TypeScript has a name of its own for a member that a symbol names. */
function nameOf(member) {
  const [declaration] = member.declarations ?? [];
  return declaration?.name?.getText() ?? member.name;
}

const isFunctionLike = (real) =>
  (real.flags & (ts.SymbolFlags.Function | ts.SymbolFlags.Class | ts.SymbolFlags.Variable)) !== 0;
const printed = new Set();

function section(title, symbols) {
  const fresh = symbols.filter((symbol) => !printed.has(symbol.name));
  for (const symbol of fresh) printed.add(symbol.name);
  const known = fresh.map((symbol) => ({ name: symbol.name, ...declared(symbol) }));
  const values = known.filter(({ real }) => isFunctionLike(real));
  const detailed = known.filter(({ name }) => DETAILED.includes(name));
  const types = known.filter(({ name, real }) => !isFunctionLike(real) && !DETAILED.includes(name));
  return [
    `## ${title}`,
    ...values.map(({ name, real, nodes }) => entry(3, name, real, nodes)),
    ...detailed.map(({ name, real }) => membersOf(name, real)),
    ...(types.length > 0 ? ['### Types'] : []),
    ...types.map(({ name, real, nodes }) => entry(4, name, real, nodes)),
  ].join('\n\n');
}

const titles = {
  'index.d.ts': 'workflow-db',
  'react/index.d.ts': 'workflow-db/react',
  'devtools/index.d.ts': 'workflow-db/devtools',
};
const text = `${[
  '# API reference',
  'Generated from the type declarations of the package by `npm run api`. Your editor shows the same texts.',
  ...declarations.map(({ file, path }) => section(titles[file], exportsOf(path))),
].join('\n\n')}\n`;

if (process.argv.includes('--check')) {
  const isCurrent = existsSync(target) && readFileSync(target, 'utf8') === text;
  console.log(isCurrent ? 'API.md is up to date' : 'API.md is out of date: run `npm run api`');
  process.exitCode = isCurrent ? 0 : 1;
} else {
  writeFileSync(target, text);
  console.log('API.md written');
}
