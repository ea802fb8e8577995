// Takes the documentation's screenshots from the running example app: `npm run screenshots`.
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { go, startApp, untilLive } from '../tests/app/support.mjs';
import { installPackages } from './install-packages.mjs';

const IMAGES = fileURLToPath(new URL('../docs/images/', import.meta.url));
const QUALITY = 0.8;
const SIZE = { width: 1200, height: 750 };

/** Converts a PNG to WebP in the browser. */
function asWebp(page, png) {
  return page.evaluate(
    async ([data, quality]) => {
      const image = new Image();
      image.src = `data:image/png;base64,${data}`;
      await image.decode();
      const canvas = Object.assign(document.createElement('canvas'), {
        width: image.width,
        height: image.height,
      });
      canvas.getContext('2d').drawImage(image, 0, 0);
      return canvas.toDataURL('image/webp', quality).split(',')[1];
    },
    [png.toString('base64'), QUALITY],
  );
}

async function save(page, name) {
  const blank = await page.context().newPage();
  const webp = Buffer.from(await asWebp(blank, await page.screenshot({ animations: 'disabled' })), 'base64');
  await blank.close();
  await writeFile(`${IMAGES}${name}.webp`, webp);
  console.log(`docs/images/${name}.webp: ${Math.round(webp.length / 1000)} kB`);
}

installPackages('examples/react-app');
await mkdir(IMAGES, { recursive: true });
const app = await startApp({ encryptedKeys: true });
/** Opens a workflow as a visitor. @param {string} path */
async function openWorkflow(path) {
  const { page } = await app.visit('Ada', { ...SIZE, path, colorScheme: 'dark' });
  await untilLive(page);
  await go(page, '#/workflows');
  await page.getByRole('link', { name: 'Podcast to shorts' }).first().click();
  await page.getByRole('button', { name: 'Run', exact: true }).waitFor();
  return page;
}

try {
  await save(await openWorkflow(''), 'example-app');
  const page = await openWorkflow('?devtools');
  await page.getByRole('button', { name: 'Open workflow-db devtools' }).click();
  await page.getByRole('region', { name: 'workflow-db devtools' }).waitFor();
  await save(page, 'devtools');
} finally {
  await app.stop();
}
