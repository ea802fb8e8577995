/** What `page.jsx` makes global in the page, for the functions that tests run there. */
/* eslint-disable @typescript-eslint/no-explicit-any -- whichever block it is */
declare global {
  const wdb: typeof import('../../../pkg/react/index.js');
  /** What the block declares and exports. */
  const block: any;
  function mount(name: string, props: object): void;
}
export {};
