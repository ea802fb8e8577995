import { EmptyState } from '../ui/EmptyState';

/** In the place of a canvas without steps. */
export function NoSteps({ isOwn }: { isOwn: boolean }) {
  return (
    <EmptyState icon="connect" title={isOwn ? 'No steps yet' : 'Its steps are not shared with you'} level={2}>
      {isOwn && <p>Add the first one, for example a text input with the brief.</p>}
    </EmptyState>
  );
}
