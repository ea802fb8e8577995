import type { ExecutionNodeResult } from 'workflow-db/react';
import { useLiveOutput } from './liveOutput';

/** The output of a step: the text that is being written, or the stored output. */
export function StepOutput({ result: { id, output_data } }: { result: ExecutionNodeResult }) {
  const written = useLiveOutput(id);
  const text = written ?? output_data?.text;
  if (typeof text === 'string') {
    return (
      // Busy while it grows, so that a screen reader reads it once.
      <p className="written" aria-live="polite" aria-busy={written !== undefined}>
        {text}
      </p>
    );
  }
  if (output_data === null) return null;
  return (
    <details>
      <summary>Output</summary>
      <pre tabIndex={0}>{JSON.stringify(output_data, null, 2)}</pre>
    </details>
  );
}
