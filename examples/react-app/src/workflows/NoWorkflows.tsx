import { EmptyState } from '../ui/EmptyState';

interface Props {
  /** The search text; empty if there are no workflows. */
  search: string;
  onClearSearch: () => void;
  onCreate: () => void;
}

export function NoWorkflows({ search, onClearSearch, onCreate }: Props) {
  if (search !== '') {
    return (
      <EmptyState icon="search" title={`Nothing matches “${search.trim()}”`} level={2}>
        <button type="button" className="button" onClick={onClearSearch}>
          Clear the search
        </button>
      </EmptyState>
    );
  }
  return (
    <EmptyState icon="layers" title="No workflows yet" level={2}>
      <p>A workflow is a chain of steps: a brief, a prompt, a picture, a cut. Start with an empty one.</p>
      <button type="button" className="button primary" onClick={onCreate}>
        Create your first workflow
      </button>
    </EmptyState>
  );
}
