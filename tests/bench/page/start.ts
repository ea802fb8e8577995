import { configure, createClient } from '../../../pkg/index.js';
import type { Env } from '../contestants/env.js';
import { hookWebAssembly } from './hook-webassembly.js';

/** The duration of the first synchronous use in milliseconds, and that of its parts. */
function measure({ url, key }: Env) {
  const hook = hookWebAssembly();
  const start = performance.now();
  configure({ url, key });
  const total = performance.now() - start;
  const second = performance.now();
  createClient({ url, key });
  const { compile, instantiate } = hook;
  const client = performance.now() - second;
  return { total, decode: total - compile - instantiate - client, compile, instantiate, client };
}

Object.assign(globalThis, { measure });
