import { goTo, listHref, templatesHref } from '../app/route';
import { useSavedTemplates, useTemplates } from '../data/entries';
import { EmptyState } from '../ui/EmptyState';
import { ErrorNote } from '../ui/ErrorNote';
import { SkeletonRows } from '../ui/Skeleton';
import { useTitle } from '../ui/useTitle';
import { TemplateCard } from './TemplateCard';

interface Props {
  userId: string;
  category?: string;
  onlySaved: boolean;
}

export function TemplatesPage({ userId, category = '', onlySaved }: Props) {
  useTitle('Templates');
  const templates = useTemplates();
  const saved = useSavedTemplates(userId);
  const savedIds = new Set(saved.data?.map(({ template_id }) => template_id));
  const categories = [...new Set([...(templates.data ?? []).map((each) => each.category), category])]
    .filter(Boolean)
    .sort();
  const shown = templates.data?.filter(
    (template) =>
      (category === '' || template.category === category) && (!onlySaved || savedIds.has(template.id)),
  );
  const error = templates.error ?? saved.error;

  return (
    <div className="page">
      <div className="page-head">
        <div>
          <h1>Templates</h1>
          <p className="subtle">
            Begin with what worked for others. Open a workflow to make a template of it.
          </p>
        </div>
      </div>
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
      {error !== null && (
        <ErrorNote
          error={error}
          onRetry={() => {
            templates.refresh();
            saved.refresh();
          }}
        />
      )}
      {shown === undefined && error === null && (
        <SkeletonRows count={3} height={220} label="Loading templates" />
      )}
      {shown !== undefined && shown.length > 0 && (
        <ul className="template-list" aria-label="Templates">
          {shown.map((template) => (
            <TemplateCard
              key={template.id}
              userId={userId}
              template={template}
              isSaved={savedIds.has(template.id)}
            />
          ))}
        </ul>
      )}
      {shown?.length === 0 && (
        <EmptyState icon="layers" title="No such templates" level={2}>
          {templates.data?.length === 0 ? (
            <a className="button" href={listHref()}>
              To the workflows
            </a>
          ) : (
            <a className="button" href={templatesHref()}>
              Show all
            </a>
          )}
        </EmptyState>
      )}
    </div>
  );
}
