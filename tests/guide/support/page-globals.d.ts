/** The globals that `page.jsx` defines in the page, for the functions that tests run there. */
import type * as package_ from '../../../pkg/react/index.js';

/* eslint-disable @typescript-eslint/no-explicit-any -- depends on the block */
declare global {
  const wdb: typeof package_;
  /** What the block declares and exports. */
  const block: any;
  function mount(name: string, props: object): void;
}
