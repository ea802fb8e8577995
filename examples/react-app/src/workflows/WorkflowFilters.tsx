import { goTo, listHref } from '../app/route';
import { Icon } from '../ui/Icon';

interface Props {
  search: string;
  onSearch: (search: string) => void;
  showArchived: boolean;
}

export function WorkflowFilters({ search, onSearch, showArchived }: Props) {
  return (
    <div className="list-tools">
      <label className="search">
        <Icon name="search" />
        <input
          type="search"
          aria-label="Search workflows"
          placeholder="Search by name or description"
          value={search}
          onChange={(event) => onSearch(event.target.value)}
        />
      </label>
      <label className="check">
        <input
          type="checkbox"
          checked={showArchived}
          onChange={(event) => goTo(listHref(event.target.checked))}
        />
        Show archived
      </label>
    </div>
  );
}
