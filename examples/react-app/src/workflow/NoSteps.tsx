import { EmptyState } from '../ui/EmptyState';

/** Replaces an empty canvas. */
export function NoSteps({ canEdit }: { canEdit: boolean }) {
  return (
    <EmptyState icon="connect" title={canEdit ? 'No steps yet' : 'There are no steps to see'} level={2}>
      {canEdit && <p>Add the first one, for example a text input with the brief.</p>}
    </EmptyState>
  );
}
