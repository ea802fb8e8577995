import { useEffect, useSyncExternalStore } from 'react';
import { startView } from '../data/activity';

/** What the address names. It lives behind the `#`, so that any static web server can host the app. */
export type Route =
  | { view: 'list'; showArchived: boolean }
  | { view: 'workflow'; workflowId: string; executionId?: string; page: number }
  | { view: 'unknown' };

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#/, '').split('?');
  const parameters = new URLSearchParams(query);
  const [area, workflowId = '', sub, executionId = '', ...rest] = path.split('/').filter(Boolean);

  if (area === undefined) return { view: 'list', showArchived: parameters.has('archived') };
  if (area !== 'workflows' || !UUID.test(workflowId) || rest.length > 0) return { view: 'unknown' };
  const page = Math.max(1, Math.trunc(Number(parameters.get('page'))) || 1);
  if (sub === undefined) return { view: 'workflow', workflowId, page };
  if (sub !== 'executions' || !UUID.test(executionId)) return { view: 'unknown' };
  return { view: 'workflow', workflowId, executionId, page };
}

export function listHref(showArchived = false): string {
  return showArchived ? '#/?archived' : '#/';
}

export function workflowHref(workflowId: string, executionId?: string, page = 1): string {
  const path = executionId === undefined ? '' : `/executions/${executionId}`;
  return `#/workflows/${workflowId}${path}${page > 1 ? `?page=${page}` : ''}`;
}

export function goTo(href: string): void {
  window.location.hash = href;
}

export function useRoute(): Route {
  const hash = useSyncExternalStore(subscribe, () => window.location.hash);
  useEffect(startView, [hash]);
  return parseRoute(hash);
}

function subscribe(listener: () => void): () => void {
  window.addEventListener('hashchange', listener);
  return () => window.removeEventListener('hashchange', listener);
}
