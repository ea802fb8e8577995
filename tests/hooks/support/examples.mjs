// @ts-check
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { asModule, hookExamples } from '../../types/examples.mjs';

const GLOBALS = fileURLToPath(new URL('../../e2e/support/page.js', import.meta.url));

/** The components in the hooks' doc comments, by file name. */
export async function exampleComponents() {
  const examples = await hookExamples();
  return examples.flatMap((example) => {
    const component = /^function (\w+)\(/.exec(example.code)?.[1];
    return component === undefined ? [] : [{ ...example, component }];
  });
}

/**
 * Writes a script for a page that can mount each of them, and passes it to `bundle`.
 *
 * @param {(entry: string) => Promise<string>} bundle
 */
export async function examplesPage(bundle) {
  const dir = await mkdtemp(join(tmpdir(), 'workflow-db-examples-'));
  try {
    const examples = await exampleComponents();
    for (const { name, code, component } of examples) {
      const hooks = [...new Set(code.match(/\buse[A-Z]\w+/g))];
      const module = asModule({ name, code }, { '@/lib/db': [...hooks, 'cacheKeys'] });
      await writeFile(join(dir, `${name}.tsx`), `${module}\nexport default ${component};\n`);
    }
    const imports = examples.map(({ name, component }) => `import ${component} from './${name}.tsx';`);
    const byName = examples.map(({ name, component }) => `'${name}': ${component}`).join(', ');
    const main = `
      import { createElement, StrictMode } from 'react';
      import { createRoot } from 'react-dom/client';
      ${imports.join('\n')}
      import '${GLOBALS}';
      const examples = { ${byName} };
      const place = document.body.appendChild(document.createElement('main'));
      const root = createRoot(place);
      globalThis.mount = (name, props) =>
        root.render(createElement(StrictMode, null, createElement(examples[name], { ...props, key: name })));
    `;
    await writeFile(join(dir, 'main.jsx'), main);
    return await bundle(join(dir, 'main.jsx'));
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
