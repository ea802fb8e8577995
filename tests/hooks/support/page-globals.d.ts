/** The globals that `page.jsx` defines in the page, for the functions that tests run there. */
import type * as package_ from '../../../pkg/react/index.js';

/* eslint-disable @typescript-eslint/no-explicit-any -- depends on the hook */
declare global {
  const react: typeof package_;
  const rowRenders: Map<string, number>;
  function show(name: string, hook: string, args: unknown[], more?: object): void;
  function hydrate(name: string, hook: string, args: unknown[]): string[];
  function hide(name: string): void;
  function latest(name: string): any;
  function given(name: string): any[];
  /** Defined in the page for the examples. */
  function mount(name: string, props: object): void;
  function plain(result: any): any;
  function view(name: string): any;
  function settledView(name: string): Promise<any>;
}
