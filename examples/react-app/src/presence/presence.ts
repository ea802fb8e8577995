import type { Point } from '../graph/layout';

/** What the people who have a workflow open show each other. */
export interface Presence {
  /** The pointer's position on the graph. */
  cursor: Point | null;
  /** The step or connection that is picked. */
  pickedId: string | null;
}
