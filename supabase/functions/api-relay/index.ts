// Calls other services with the users' API keys, so that no key ever reaches a browser. See docs/relay.md.
import { resolveHost } from './addresses.ts';
import { readConfig } from './config.ts';
import { createRelay } from './handler.ts';

Deno.serve(
  createRelay(
    readConfig((name) => Deno.env.get(name)),
    resolveHost,
  ),
);
