import { useRoom } from 'workflow-db/react';
import { Avatar } from '../ui/Avatar';
import type { Presence } from './presence';

const MOST_SHOWN = 5;

/** The other people who have the workflow open. */
export function PeopleHere({ workflowId }: { workflowId: string }) {
  const { others } = useRoom<Presence>(workflowId);
  const names = others.map(({ name }) => name || 'Someone').join(', ');
  const hidden = others.length - MOST_SHOWN;

  return (
    <div className="people">
      <ul aria-label="Also here">
        {others.slice(0, MOST_SHOWN).map(({ userId, name, color }) => (
          <li key={userId} title={name}>
            <Avatar name={name} color={color} />
            <span className="hidden-text">{name}</span>
          </li>
        ))}
      </ul>
      {hidden > 0 && <span className="subtle">+{hidden}</span>}
      <p className="hidden-text" role="status">
        {others.length === 0 ? '' : `Also here: ${names}`}
      </p>
    </div>
  );
}
