// Renames WebAssembly imports to names of one or two characters.
//
// The generated names are long and hashed, and appear twice: in the module, and as keys of the import object, which no
// minifier may rename. Together they are 4 % of the compressed package.

const IMPORT_SECTION = 2;
/** The module name of all imports afterwards. */
const MODULE = 'a';

/**
 * @param {Uint8Array} bytes a WebAssembly module
 * @returns {{ bytes: Uint8Array, imports: { module: string, name: string, short: string }[] }}
 */
export function shortenImports(bytes) {
  const section = findSection(bytes, IMPORT_SECTION);
  const imports = [];
  const rewritten = [];
  const reader = new Reader(bytes, section.start);
  const count = reader.number();
  rewritten.push(...encodeNumber(count));
  for (let index = 0; index < count; index += 1) {
    const module = reader.text();
    const name = reader.text();
    const known = imports.find((entry) => entry.module === module && entry.name === name);
    const short = known?.short ?? imports.length.toString(36);
    if (known === undefined) imports.push({ module, name, short });
    rewritten.push(...encodeText(MODULE), ...encodeText(short), ...reader.importType());
  }
  const before = bytes.subarray(0, section.header);
  const after = bytes.subarray(section.end);
  const header = [IMPORT_SECTION, ...encodeNumber(rewritten.length)];
  return {
    bytes: Buffer.concat([before, Uint8Array.from(header), Uint8Array.from(rewritten), after]),
    imports,
  };
}

/**
 * Returns the text of a module that exports `bind()`, which creates separate bindings and an import object for each
 * instance of the WebAssembly module. The generated bindings are global and would keep calling an instance that failed.
 *
 * @param {{ module: string, name: string, short: string }[]} imports
 * @param {string} glue the generated bindings
 */
export function bindModule(imports, glue) {
  const lines = glue.split('\n');
  const head = lines.filter(isImport);
  const parking = parkingOf(glue);
  if (parking !== undefined) head.push(`export { expand, park, release, uuid } from ${parking}`);
  const body = lines.filter((line) => !isImport(line)).map((line) => line.replace(/^export /, ''));
  const members = imports.map((entry) => `  ${JSON.stringify(entry.short)}: ${entry.name},`);
  return `${head.join('\n')}
export function bind() {
${body.join('\n')}
return { ${exportsOf(glue).join(', ')}, setExports: __wbg_set_wasm, imports: { ${MODULE}: {
${members.join('\n')}
} } };
}
`;
}

const isImport = (line) => line.startsWith('import ');

/** The crate's own exports. */
export function exportsOf(glue) {
  const names = [...glue.matchAll(/^export (?:class|function) (\w+)/gm)].map(([, name]) => name);
  return names.filter((name) => !name.startsWith('__wb'));
}

/** The module for large texts that the bindings import, if they do. */
export function parkingOf(glue) {
  const large = glue.split('\n').find((line) => isImport(line) && line.includes('/large.js'));
  return large?.slice(large.indexOf("'"));
}

/** Where a section's header begins, its content starts, and it ends. */
function findSection(bytes, wanted) {
  const reader = new Reader(bytes, 8);
  while (reader.position < bytes.length) {
    const header = reader.position;
    const id = reader.byte();
    const length = reader.number();
    if (id === wanted) return { header, start: reader.position, end: reader.position + length };
    reader.position += length;
  }
  throw new Error('The WebAssembly module imports nothing');
}

/** Reads the binary format (WebAssembly core specification, 5). */
class Reader {
  constructor(bytes, position) {
    this.bytes = bytes;
    this.position = position;
  }

  byte() {
    return this.bytes[this.position++];
  }

  number() {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  }

  text() {
    const length = this.number();
    this.position += length;
    return new TextDecoder().decode(this.bytes.subarray(this.position - length, this.position));
  }

  /** The bytes of an import's kind and type. */
  importType() {
    const start = this.position;
    const kind = this.byte();
    if (kind !== 0) throw new Error('The WebAssembly module imports something other than a function');
    this.number();
    return this.bytes.subarray(start, this.position);
  }
}

function encodeNumber(value) {
  const bytes = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) | 128);
  }
}

function encodeText(text) {
  const bytes = new TextEncoder().encode(text);
  return [...encodeNumber(bytes.length), ...bytes];
}
