// @ts-check
import { testVite } from './vite.mjs';

await testVite('^8.0.0');
