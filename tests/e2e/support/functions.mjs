// @ts-check
import { GRAPH } from './functions/graph.mjs';
import { RUNS } from './functions/runs.mjs';
import { WORKFLOWS } from './functions/workflows.mjs';

/** @typedef {import('./functions/promised.mjs').Estate} Estate */

/** What each of the 26 promises. */
export const FUNCTIONS = { ...WORKFLOWS, ...GRAPH, ...RUNS };
