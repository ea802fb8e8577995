// @ts-check
import { tryOffline } from './support/other-offline.mjs';

await tryOffline('Firefox');
