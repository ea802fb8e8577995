// Generates API.md from the type declarations in pkg/, so that the reference and the editor hints share one text. With
// --check it only compares.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('..', import.meta.url));
const target = join(root, 'API.md');

/**
 * The sections in order. `names` selects functions and values; `types` selects types that no function of an earlier
 * section mentions. The first section that matches gets an export; one that matches none is an error.
 */
const SECTIONS = [
  {
    title: 'Configuration',
    intro:
      'Everything is exported by `workflow-db`, and again by `workflow-db/react`. All functions except `ready` are synchronous and can be called right after the import.',
    names: /^(configure|createClient|authChanged|ready)$/,
    types:
      /^(Client(Options|Settings)|DatabaseClient|CacheConfig|RealtimeConfig|SupabaseLike|WasmSource|Socket\w+|RetryConfig)$/,
  },
  {
    title: 'Calls',
    intro:
      '`db` contains a function for every query and change. In the signatures below, `id` is the id of the row, `userId` that of its owner; ids are uuids.',
    names: /^(db|db\.with)$/,
    types:
      /^(Db|CallOptions|UpdateOptions|PaginatedResponse|CursorPage|ApiResponse|Uuid|Timestamp|JsonObject)$/,
  },
  {
    title: 'Workflows',
    names: /^db\.(?!invite|leave|.*(Node|Connection|Template|Execution|Member|Shared))\w*Workflow/,
  },
  { title: 'Nodes and connections', names: /^db\.\w*Workflow(Node|Connection)/ },
  {
    title: 'Members',
    names: /^db\.(invite|leave|getShared|\w*(Member|Invitation))/,
    types: /^(MemberRole|WorkflowRole|WorkflowInvitation)$/,
  },
  { title: 'Merging', names: /^merge/, types: /Merge/ },
  { title: 'Executions', names: /^db\.\w*Execution/, types: /^Execution\w*Query$/ },
  { title: 'Templates', names: /^db\.\w*Template/, types: /^TemplateQuery$/ },
  { title: 'Favorites', names: /^db\.\w*Favorite/ },
  { title: 'Profile and settings', names: /^db\.\w*(Profile|Settings)/ },
  {
    title: 'API keys and integrations',
    names: /^db\.\w*(ApiKey|Integration)/,
    types: /^(StoreApiKeyOptions|\w*ApiKey(Batch|Save))$/,
  },
  { title: 'Other services', names: /^db\.callService$/, types: /^ServiceInit$/ },
  { title: 'Audit log', names: /^db\.\w*AuditLog/, types: /^AuditLog\w*Query$/ },
  { title: 'Cache', names: /^(getCacheManager|cacheKeys|cache\.\w+)$/, types: /^Cache/ },
  {
    title: 'Realtime',
    names: /^(getRealtimeManager|realtime\.\w+)$/,
    types: /^(Active|Subscription|Change|OpenOptions|RealtimeEvent|Room|Presence|Table(Name|s)$)/,
  },
  { title: 'Errors and events', names: /^(\w+Error|DEFAULT_RETRY_CONFIG)$/, types: /^ClientEvent$/ },
  {
    title: 'Offline',
    intro:
      'From `workflow-db/offline`, see [Offline](docs/offline.md). The types of the outbox are exported by `workflow-db/react`, too.',
    names: /^(offline|getOutbox|clearPersisted)$/,
    types: /^(Offline|Outbox|SyncState)/,
  },
  {
    title: 'React hooks',
    intro:
      'From `workflow-db/react`. Every hook returns `loading`, `isFetching` and `error` in addition to its own members, see [`ReadState`](#readstate).',
    names: /^(use[A-Z]\w*|WorkflowDbProvider)$/,
    types: /^(Use[A-Z]|ReadState|LiveOptions|RefetchOptions|PageActions|EntryRows)/,
  },
  { title: 'Devtools', intro: 'From `workflow-db/devtools`.', names: /^WorkflowDbDevtools$/ },
  {
    title: 'Rows',
    intro:
      'The row types of the tables. `null` in a type is SQL NULL. For each row type there is an input type to create a row, `New…`, and one to change a row, `…Patch`.',
    types: /./,
  },
];

const ENTRIES = ['index.d.ts', 'react/index.d.ts', 'devtools/index.d.ts', 'offline/index.d.ts'].map((file) =>
  join(root, 'pkg', file),
);

/** Interfaces whose members each become an entry, with the prefix for the entry's name. */
const NAMESPACES = {
  DbFunctions: 'db',
  ServiceFunctions: 'db',
  CacheManager: 'cache',
  RealtimeManager: 'realtime',
};

const program = ts.createProgram(ENTRIES, {
  strict: true,
  skipLibCheck: true,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
});
const checker = program.getTypeChecker();

/** The package's exports by name, without aliases. */
const exported = new Map(
  ENTRIES.flatMap((path) => {
    const source = program.getSourceFile(path);
    const module = source && checker.getSymbolAtLocation(source);
    return module === undefined ? [] : checker.getExportsOfModule(module);
  }).map((symbol) => [
    symbol.name,
    symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol,
  ]),
);

/** What applies to every function of `db`: the doc comment of their interface without its first sentence. */
const functionsDoc = docOf(exported.get('DbFunctions').declarations[0])
  .text.split('\n\n')
  .slice(1)
  .join('\n\n');

const isValue = (symbol) =>
  (symbol.flags & (ts.SymbolFlags.Function | ts.SymbolFlags.Class | ts.SymbolFlags.Variable)) !== 0;

/** Functions and values by name; members of a namespace as `db.name`. */
const values = new Map();
const types = new Map();
for (const [name, symbol] of exported) {
  const prefix = NAMESPACES[name];
  if (prefix !== undefined)
    for (const member of checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(symbol)))
      values.set(`${prefix}.${member.name}`, member);
  else (isValue(symbol) ? values : types).set(name, symbol);
}

// Markdown.
const code = (text) => `\`\`\`ts\n${text}\n\`\`\``;
const paragraphs = (...parts) => parts.filter(Boolean).join('\n\n');
const anchor = (name) => `#${name.toLowerCase().replace(/[^\w]/g, '')}`;
const link = (name) => `[\`${name}\`](${anchor(name)})`;

/** The parts of a declaration's doc comment. */
function docOf(node) {
  const doc = { text: '', params: [], throws: [], examples: [] };
  for (const part of ts.getJSDocCommentsAndTags(node)) {
    const text = (ts.getTextOfJSDocComment(part.comment) ?? '').trim();
    if (ts.isJSDoc(part)) {
      doc.text = text;
      for (const tag of part.tags ?? []) addTag(doc, tag);
    }
  }
  return doc;
}

function addTag(doc, tag) {
  const text = (ts.getTextOfJSDocComment(tag.comment) ?? '').trim();
  const name = tag.tagName.text;
  if (name === 'param') doc.params.push({ name: tag.name.getText(), text: text.replace(/^- /, '') });
  else if (name === 'throws') doc.throws.push(throwsText(tag));
  else if (name === 'example') doc.examples.push(text);
  else throw new Error(`The tag @${name} is unknown to scripts/api-reference.mjs`);
}

/** TypeScript parses the first word after `@throws` as a type. */
function throwsText(tag) {
  return tag
    .getText()
    .replace(/^@throws\s+/, '')
    .replace(/^DatabaseError\s+/, '')
    .replace(/\s*\n\s*\*\s*/g, ' ')
    .replace(/\s*\*?\s*$/, '')
    .replace(/^([A-Z_]+)\b/, '`$1`')
    .replace(/\.$/, '');
}

/** The source text of a declaration, with the comments of its members. */
function textOf(node) {
  const text = node
    .getText()
    .replace(/^export /, '')
    .replace(/^declare /, '');
  const [indentation = ''] = /(?<=\n) +(?=\S*$)/.exec(text) ?? [];
  return text.replaceAll(`\n${indentation}`, '\n').replace(/\/\*\*\n\s*\* (.*)\n\s*\*\//g, '/** $1 */');
}

/** The exported types that a declaration mentions, in order. */
function typesIn(nodes) {
  const found = new Set();
  const visit = (node) => {
    if (ts.isIdentifier(node) && types.has(node.text)) found.add(node.text);
    ts.forEachChild(node, visit);
  };
  nodes.forEach(visit);
  return [...found];
}

/** The type that a function returns or resolves to, with links. */
function resultOf(node) {
  if (ts.isVariableDeclaration(node)) return undefined;
  const type = node.type?.getText() ?? '';
  const inner = /^Promise<(.*)>$/.exec(type)?.[1];
  const mentioned = node.type === undefined ? [] : typesIn([node.type]);
  if (mentioned.length === 0) return undefined;
  const linked = (inner ?? type).split(/(\w+)/).map((word) => (types.has(word) ? link(word) : plain(word)));
  return `**${inner === undefined ? 'Returns' : 'Resolves to'}** ${linked.join('')}`;
}

/** Escapes the parts of a type around its names. */
const plain = (text) => text.replace(/[<>[\]|]/g, '\\$&');

function exampleOf(text) {
  return `Example:\n\n${text.startsWith('```') ? text.replace(/^```tsx?/, '```tsx') : `\`\`\`tsx\n${text}\n\`\`\``}`;
}

function valueEntry(name, symbol) {
  const nodes = symbol.declarations ?? [];
  const documented = nodes.map((node) => ({
    node,
    doc: docOf(ts.isVariableDeclaration(node) ? node.parent.parent : node),
  }));
  const described = documented.map(({ node, doc }) =>
    paragraphs(
      doc.text,
      code(textOf(node).replace(/\{\n\s*([^\n{}]*;)\n\s*\}/g, '{ $1 }')),
      [
        ...doc.params.map((param) => `- \`${param.name}\`: ${param.text}`),
        ...doc.throws.map((text) => `- **Fails with** ${text}.`),
        ...(resultOf(node) ? [`- ${resultOf(node)}`] : []),
      ].join('\n'),
      ...doc.examples.map(exampleOf),
    ),
  );
  return paragraphs(`### \`${name}\``, ...described);
}

/** The columns that a new row may omit, instead of a copy of the row's declaration. */
function inputsOf(name) {
  const created = types.get(`New${name}`);
  if (created === undefined || !types.has(`${name}Patch`)) return '';
  const isOptional = (member) => (member.flags & ts.SymbolFlags.Optional) !== 0;
  const members = checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(created));
  const required = members.filter((member) => !isOptional(member)).map((member) => `\`${member.name}\``);
  return `\`New${name}\` requires ${required.join(', ')}. In \`${name}Patch\` every column is optional.`;
}

const isInput = (name) =>
  (/^New/.test(name) && types.has(`${name.slice(3)}Patch`)) ||
  (name.endsWith('Patch') && types.has(`New${name.slice(0, -5)}`));

function typeEntry(name, symbol) {
  const nodes = symbol.declarations ?? [];
  return paragraphs(
    `### \`${name}\``,
    docOf(nodes[0]).text,
    code(nodes.map(textOf).join('\n')),
    inputsOf(name),
  );
}

const printed = new Set();
const take = (names) => names.filter((name) => !printed.has(name) && printed.add(name));

/** Types used only by a hook's options or result are listed right after the hook. */
function hookTypes(name, symbol) {
  const own = typesIn(symbol.declarations ?? []).filter((type) => /^Use[A-Z]|Props$/.test(type));
  return take(own).map((type) => typeEntry(type, types.get(type)));
}

function section({ title, intro, names, types: own }) {
  const ownValues = take([...values.keys()].filter((name) => names?.test(name)));
  const entries = ownValues.flatMap((name) => [
    valueEntry(name, values.get(name)),
    ...(/^(use|Workflow)[A-Z]/.test(name) ? hookTypes(name, values.get(name)) : []),
  ]);
  const ownTypes = take([...types.keys()].filter((name) => own?.test(name) && !isInput(name)));
  if (entries.length + ownTypes.length === 0) return '';
  return paragraphs(
    `## ${title}`,
    intro,
    title === 'Calls' && functionsDoc,
    ...entries,
    ...ownTypes.map((name) => typeEntry(name, types.get(name))),
  );
}

const sections = SECTIONS.map((each) => ({ title: each.title, text: section(each) })).filter(
  ({ text }) => text,
);
const text = `${paragraphs(
  '# API reference',
  'Generated from the type declarations of the package by `npm run api`; your editor shows the same text.',
  sections.map(({ title }) => `[${title}](#${title.toLowerCase().replaceAll(' ', '-')})`).join(' · '),
  ...sections.map((each) => each.text),
)}\n`;

const missing = [...values.keys()].filter((name) => !printed.has(name));
if (missing.length > 0) throw new Error(`In no section of scripts/api-reference.mjs: ${missing.join(', ')}`);

if (process.argv.includes('--check')) {
  const isCurrent = existsSync(target) && readFileSync(target, 'utf8') === text;
  console.log(isCurrent ? 'API.md is up to date' : 'API.md is out of date: run `npm run api`');
  process.exitCode = isCurrent ? 0 : 1;
} else {
  writeFileSync(target, text);
  console.log('API.md written');
}
