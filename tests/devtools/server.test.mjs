// @ts-check
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { bundled, newProject } from './support.mjs';

const run = promisify(execFile);
const RENDER = `
  import { createElement } from 'react';
  import { renderToString } from 'react-dom/server';
  import { WorkflowDbDevtools } from 'workflow-db/devtools';
  console.log(JSON.stringify(renderToString(createElement(WorkflowDbDevtools, { initialIsOpen: true }))));
`;

for (const version of /** @type {const} */ ([18, 19])) {
  test(`React ${version} renders nothing on a server`, async () => {
    const dir = await newProject(version);
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', RENDER], { cwd: dir });
    assert.equal(stdout.trim(), '""');
  });
}

test('an app that does not import the devtools contains no code of them or of React', async () => {
  const dir = await newProject(19);
  const plain = await bundled(dir, "import { db } from 'workflow-db'; console.log(db);");
  const whole = await bundled(
    dir,
    "import 'workflow-db'; import * as d from 'workflow-db/devtools'; console.log(d);",
  );
  const trace = /Open workflow-db devtools|createPortal|jsxDEV|react.element/;
  assert.match(whole, trace);
  assert.doesNotMatch(plain, trace);
});
