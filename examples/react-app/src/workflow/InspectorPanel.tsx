import type { ReactNode } from 'react';
import { Icon } from '../ui/Icon';

interface Props {
  /** What kind of thing is picked. */
  kind: string;
  onClose: () => void;
  children: ReactNode;
}

/** Next to the graph: what is picked, and what can be done with it. */
export function InspectorPanel({ kind, onClose, children }: Props) {
  return (
    <aside className="inspector" aria-label={`Picked ${kind.toLowerCase()}`}>
      <div className="inspector-head">
        <span className="subtle">{kind}</span>
        <button type="button" className="icon-button" aria-label="Close" onClick={onClose}>
          <Icon name="close" />
        </button>
      </div>
      {children}
    </aside>
  );
}
