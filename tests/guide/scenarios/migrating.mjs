// @ts-check
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { start } from './snippets.mjs';

/** @typedef {import('../guide.test.mjs').Scenario} Scenario */

/** A file of an app that uses the alias. */
const APP = `import { db, useWorkflows, type Workflow } from '@/lib/db';
import { title } from '@/title';
export const names = async (id: string): Promise<string[]> => (await db.getWorkflows(id)).map(({ name }) => name + title);
export const hook = (id: string): Workflow[] => useWorkflows(id).workflows;
`;

/** @type {Record<string, Scenario>} */
export const migrating = {
  async tsconfig(block, { project }) {
    const { compilerOptions } = JSON.parse(block.code);
    await mkdir(join(project.dir, 'src'));
    await writeFile(join(project.dir, 'src', 'title.ts'), "export const title = '!';\n");
    await writeFile(join(project.dir, 'src', 'app.ts'), APP);
    // Older apps use this setting; all other examples use the newer one.
    const older = { moduleResolution: 'node10' };
    assert.equal(await project.complaints(['src/*.ts'], { ...older, ...compilerOptions }), '');
  },

  /** The packaging tests use the configuration in Vite itself. */
  async vite(block, { load }) {
    const { alias } = (await load(block)).default.resolve;
    assert.equal(alias['@/lib/db'], 'workflow-db/react');
    assert.deepEqual(Object.keys(alias)[0], '@/lib/db', 'the first match counts');
  },

  configure: start.start,

  async unchanged(block, { open, live, load, blockOf, newUser, newWorkflow, stack, texts }) {
    const { alias } = (await load(blockOf('vite'))).default.resolve;
    const user = await newUser();
    const { id, name } = await newWorkflow(user);
    const page = await open(block, { as: user, mount: 'Workflows', alias });
    await texts(page, 'li', (names) => names[0] === name);
    await live(page);
    await stack.sql("update public.workflows set name = 'Renamed elsewhere' where id = $1", [id]);
    await texts(page, 'li', (names) => names[0] === 'Renamed elsewhere');
    await page.evaluate((id) => wdb.db.deleteWorkflow(id), id);
    await texts(page, 'li', (names) => names.length === 0);
  },

  async applied({ code }, { stack }) {
    // Includes the table of members.
    const [row] = await stack.sql(code);
    assert.ok(Number(row.policies) > 30);
    assert.deepEqual(
      [Number(row.live_tables), Number(row.audit_triggers), row.has_atomic_saves, row.has_least_privilege],
      [15, 7, true, true],
    );
  },
};
