import type { ReactNode } from 'react';
import { Icon } from '../ui/Icon';

interface Props {
  /** The kind of the selected item. */
  kind: string;
  onClose: () => void;
  children: ReactNode;
}

/** The panel for the selected item and its actions. */
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
