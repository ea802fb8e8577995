// @ts-check
import { testDevtools } from './devtools.mjs';

await testDevtools(19);
