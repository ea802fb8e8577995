// @ts-check
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = new URL('../../../', import.meta.url);
const FENCE = /^(\s*)(`{3,}|~{3,})(.*)$/;

/**
 * A code block of a document. Its fence contains the language and, after it, the name of its scenario. Renderers show
 * neither.
 *
 * @typedef {{ file: string, line: number, language: string, name: string, code: string }} Block
 */

/** Every fenced block of a document. @param {string} file @returns {Promise<Block[]>} */
export async function readBlocks(file) {
  const lines = (await readFile(fileURLToPath(new URL(file, ROOT)), 'utf8')).split('\n');
  /** @type {Block[]} */
  const blocks = [];
  /** @type {{ fence: string, block: Block } | undefined} */
  let open;
  for (const [index, line] of lines.entries()) {
    const [, , fence, info] = FENCE.exec(line) ?? [];
    if (open) {
      if (fence?.startsWith(open.fence) && info.trim() === '') open = undefined;
      else open.block.code += `${line}\n`;
    } else if (fence) {
      const [language, name = ''] = info.trim().split(/\s+/);
      const block = { file, line: index + 1, language, name, code: '' };
      open = { fence, block };
      blocks.push(block);
    }
  }
  if (open) throw new Error(`${file}:${open.block.line}: the code block has no end`);
  return blocks;
}

/** Turns code into a module that exports everything at its top level, without changing line numbers. @param {string} code */
export function asModule(code) {
  return `${code}export { ${ownNames(code).join(', ')} };\n`;
}

/** The names that a module declares at its top level but does not export. @param {string} code */
function ownNames(code) {
  const source = ts.createSourceFile('block.tsx', code, ts.ScriptTarget.ESNext, false, ts.ScriptKind.TSX);
  return source.statements.flatMap((statement) => {
    const modifiers = ts.canHaveModifiers(statement) ? ts.getModifiers(statement) : undefined;
    if (modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) return [];
    if (ts.isFunctionDeclaration(statement)) return statement.name ? [statement.name.text] : [];
    if (!ts.isVariableStatement(statement)) return [];
    return statement.declarationList.declarations.flatMap(({ name }) => namesOf(name));
  });
}

/** @param {ts.BindingName} name @returns {string[]} */
function namesOf(name) {
  if (ts.isIdentifier(name)) return [name.text];
  return name.elements.flatMap((element) => (ts.isBindingElement(element) ? namesOf(element.name) : []));
}
