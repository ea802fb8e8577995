import { listHref, templatesHref } from '../app/route';
import { EmptyState } from '../ui/EmptyState';

/** Shown if there are no templates, or none that match the filter. */
export function NoTemplates({ areThereAny }: { areThereAny: boolean }) {
  return (
    <EmptyState icon="layers" title="No such templates" level={2}>
      {areThereAny ? (
        <a className="button" href={templatesHref()}>
          Show all
        </a>
      ) : (
        <a className="button" href={listHref()}>
          To the workflows
        </a>
      )}
    </EmptyState>
  );
}
