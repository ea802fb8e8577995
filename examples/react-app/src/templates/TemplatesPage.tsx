import { useSavedTemplates, useTemplates } from '../data/entries';
import { ReadError } from '../sync/ReadError';
import { SkeletonRows } from '../ui/Skeleton';
import { useTitle } from '../ui/useTitle';
import { NoTemplates } from './NoTemplates';
import { TemplateCard } from './TemplateCard';
import { TemplateFilters } from './TemplateFilters';

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
      <TemplateFilters categories={categories} category={category} onlySaved={onlySaved} />
      {error !== null && (
        <ReadError
          error={error}
          onRetry={() => {
            void templates.refresh();
            void saved.refresh();
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
      {shown?.length === 0 && <NoTemplates areThereAny={templates.data?.length !== 0} />}
    </div>
  );
}
