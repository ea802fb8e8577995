import { useSyncExternalStore } from 'react';

/** The route in the URL. It is the part after `#`, so any static web server can host the app. */
export type Route =
  | { view: 'dashboard' }
  | { view: 'workflows'; showArchived: boolean }
  | { view: 'shared' }
  | { view: 'workflow'; workflowId: string; executionId?: string }
  | { view: 'templates'; category?: string; onlySaved: boolean }
  | { view: 'keys' }
  | { view: 'audit'; resourceType?: string; action?: string }
  | { view: 'settings'; section: 'brand' | 'account' }
  | { view: 'unknown' };

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#/, '').split('?');
  const parameters = new URLSearchParams(query);
  const [area, sub, ...rest] = path.split('/').filter(Boolean);

  if (area === undefined) return { view: 'dashboard' };
  if (area === 'workflows') {
    if (sub === undefined) return { view: 'workflows', showArchived: parameters.has('archived') };
    return sub === 'shared' && rest.length === 0 ? { view: 'shared' } : workflowRoute(sub, rest);
  }
  if (area === 'settings' && rest.length === 0) {
    if (sub === undefined) return { view: 'settings', section: 'brand' };
    return sub === 'account' ? { view: 'settings', section: 'account' } : { view: 'unknown' };
  }
  if (sub !== undefined) return { view: 'unknown' };
  if (area === 'templates') {
    return { view: area, onlySaved: parameters.has('saved'), ...given(parameters, 'category') };
  }
  if (area === 'audit') {
    return { view: area, ...given(parameters, 'resourceType'), ...given(parameters, 'action') };
  }
  return area === 'keys' ? { view: 'keys' } : { view: 'unknown' };
}

function workflowRoute(workflowId: string, [sub, executionId = '', ...rest]: string[]): Route {
  if (!UUID.test(workflowId) || rest.length > 0) return { view: 'unknown' };
  if (sub === undefined) return { view: 'workflow', workflowId };
  if (sub !== 'executions' || !UUID.test(executionId)) return { view: 'unknown' };
  return { view: 'workflow', workflowId, executionId };
}

function given<Name extends string>(parameters: URLSearchParams, name: Name): { [Key in Name]?: string } {
  const value = parameters.get(name);
  return (value === null || value === '' ? {} : { [name]: value }) as { [Key in Name]?: string };
}

export const HOME = '#/';
export const SHARED = '#/workflows/shared';
export const KEYS = '#/keys';
export const BRAND = '#/settings';
export const ACCOUNT = '#/settings/account';

export function listHref(showArchived = false): string {
  return showArchived ? '#/workflows?archived' : '#/workflows';
}

export function workflowHref(workflowId: string, executionId?: string): string {
  return `#/workflows/${workflowId}${executionId === undefined ? '' : `/executions/${executionId}`}`;
}

export function templatesHref({ category = '', onlySaved = false } = {}): string {
  return withQuery('#/templates', { category, saved: onlySaved ? '1' : '' });
}

export function auditHref({ resourceType = '', action = '' } = {}): string {
  return withQuery('#/audit', { resourceType, action });
}

function withQuery(path: string, values: Record<string, string>): string {
  const parameters = new URLSearchParams(Object.entries(values).filter(([, value]) => value !== ''));
  return parameters.size === 0 ? path : `${path}?${parameters}`;
}

/**
 * Navigates synchronously: the browser reports a new URL a moment later, and until then a checkbox bound to it would
 * jump back.
 */
export function goTo(href: string): void {
  window.location.hash = href;
  for (const listener of listeners) listener();
}

export function useRoute(): Route {
  return parseRoute(useSyncExternalStore(subscribe, () => window.location.hash));
}

const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener('hashchange', listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener('hashchange', listener);
  };
}
