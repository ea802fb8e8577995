export { cacheKeys } from './generated/keys.js';
