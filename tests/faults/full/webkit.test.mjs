// @ts-check
import { tryCore } from '../support/other-browser.mjs';

await tryCore('WebKit');
