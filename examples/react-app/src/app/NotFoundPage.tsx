import { EmptyState } from '../ui/EmptyState';
import { useTitle } from '../ui/useTitle';
import { HOME } from './route';

export function NotFoundPage() {
  useTitle('Not found');
  return (
    <EmptyState icon="search" title="There is nothing at this address" level={1}>
      <p>The link may be incomplete.</p>
      <a className="button" href={HOME}>
        Dashboard
      </a>
    </EmptyState>
  );
}
