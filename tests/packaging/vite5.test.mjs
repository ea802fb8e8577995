// @ts-check
import { testVite } from './vite.mjs';

await testVite('^5.4.0');
