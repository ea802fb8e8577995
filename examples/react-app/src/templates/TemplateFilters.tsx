import { goTo, templatesHref } from '../app/route';

interface Props {
  categories: readonly string[];
  /** Empty for all categories. */
  category: string;
  onlySaved: boolean;
}

export function TemplateFilters({ categories, category, onlySaved }: Props) {
  return (
    <div className="list-tools">
      <label className="inline-field">
        <span>Category</span>
        <select
          value={category}
          onChange={(event) => goTo(templatesHref({ category: event.target.value, onlySaved }))}
        >
          <option value="">All</option>
          {categories.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
      </label>
      <label className="check">
        <input
          type="checkbox"
          checked={onlySaved}
          onChange={(event) => goTo(templatesHref({ category, onlySaved: event.target.checked }))}
        />
        Only those put aside
      </label>
    </div>
  );
}
