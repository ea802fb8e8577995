import { useSyncExternalStore } from 'react';
import type { Theme } from 'workflow-db/react';

/** The last theme, applied until the settings are read, so that the page does not flash. */
const STORED = 'theme';
const systemIsDark = window.matchMedia('(prefers-color-scheme: dark)');
const listeners = new Set<() => void>();
let theme: Theme = 'auto';

/** Applies the user's theme, or the system's. */
export function followTheme(): void {
  const stored = localStorage.getItem(STORED);
  theme = stored === 'light' || stored === 'dark' ? stored : 'auto';
  systemIsDark.addEventListener('change', apply);
  apply();
}

export function setTheme(next: Theme): void {
  theme = next;
  if (next === 'auto') localStorage.removeItem(STORED);
  else localStorage.setItem(STORED, next);
  apply();
}

export function useIsDark(): boolean {
  return useSyncExternalStore(subscribe, isDark);
}

function isDark(): boolean {
  return theme === 'dark' || (theme === 'auto' && systemIsDark.matches);
}

function apply(): void {
  document.documentElement.dataset.theme = isDark() ? 'dark' : 'light';
  listeners.forEach((listener) => listener());
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
