// @ts-check
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { launchBrowser } from '../e2e/support/browser.mjs';
import { checkExercise } from './exercise.mjs';
import { serveFolder } from './page.mjs';
import { newProject, useStack } from './support.mjs';

const EXERCISE = fileURLToPath(new URL('./fixtures/runtimes/exercise.mjs', import.meta.url));

const [consumed, dir, browser] = await Promise.all([useStack(), newProject('workers', {}), launchBrowser()]);
// The site only serves modules named `.js`.
await copyFile(EXERCISE, join(dir, 'exercise.js'));
const site = await serveFolder(dir);
const page = await browser.newPage();
after(async () => {
  await browser.close();
  await site.close();
});
await page.goto(site.origin);

test('a module worker', async () => {
  const answer = await page.evaluate((access) => {
    const worker = new Worker('/worker.js', { type: 'module' });
    return new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.postMessage(access);
    });
  }, consumed.access);
  await checkExercise(consumed, answer);
});

test('a service worker', async () => {
  const answer = await page.evaluate(async (access) => {
    const answered = new Promise((resolve) => {
      navigator.serviceWorker.onmessage = ({ data }) => resolve(data);
    });
    await navigator.serviceWorker.register('/worker.js', { type: 'module' });
    const { active } = await navigator.serviceWorker.ready;
    active?.postMessage(access);
    return answered;
  }, consumed.access);
  await checkExercise(consumed, answer);
});
