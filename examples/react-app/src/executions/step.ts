import type { WorkflowNode } from 'workflow-db/react';
import { showOutput } from './liveOutput';
import { streamText } from './textService';

/** The duration and cost of a simulated step. */
const FASTEST_STEP_MS = 500;
const SLOWEST_STEP_MS = 1100;

export interface StepOutput {
  output: Record<string, unknown>;
  /** The number of calls to services. */
  calls: number;
}

/** Performs a step. A service writes text; all other steps are simulated. */
export async function doStep(node: WorkflowNode, resultId: string): Promise<StepOutput> {
  if (node.node_type !== 'llm_text') {
    await pause(FASTEST_STEP_MS + Math.random() * (SLOWEST_STEP_MS - FASTEST_STEP_MS));
    return { output: { made_by: node.node_type }, calls: 1 };
  }
  try {
    let text = '';
    for await (const part of streamText(node)) {
      text += part;
      showOutput(resultId, text);
    }
    return { output: { text }, calls: 1 };
  } finally {
    showOutput(resultId, undefined);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
