import { labelOf } from '../graph/layout';
import { Icon } from '../ui/Icon';
import type { Connecting } from './GraphEditor';

interface Props {
  connecting: Connecting | null;
  /** Whether a connection is being saved. */
  isConnecting: boolean;
  canConnect: boolean;
  onAdd: () => void;
  onConnect: () => void;
  onStop: () => void;
}

export function GraphToolbar({ connecting, isConnecting, canConnect, onAdd, onConnect, onStop }: Props) {
  if (connecting !== null) {
    return (
      <div className="toolbar connecting">
        <p role="status">
          {isConnecting && <span className="spinner" aria-hidden="true" />}
          {promptFor(connecting, isConnecting)}
        </p>
        <button type="button" className="button small" onClick={onStop}>
          Cancel
        </button>
      </div>
    );
  }
  return (
    <div className="toolbar">
      <button type="button" className="button small" onClick={onAdd}>
        <Icon name="plus" />
        Add step
      </button>
      <button type="button" className="button small" disabled={!canConnect} onClick={onConnect}>
        <Icon name="connect" />
        Connect steps
      </button>
      <p className="subtle toolbar-hint">Pick a step or a connection to change it.</p>
    </div>
  );
}

function promptFor({ source }: Connecting, isConnecting: boolean): string {
  if (isConnecting) return 'Connecting…';
  if (source === undefined) return 'Pick the step where the connection begins.';
  return `Pick the step that follows “${labelOf(source)}”.`;
}
