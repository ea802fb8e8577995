import type { Point } from '../graph/layout';

/** The state that people who have a workflow open share with each other. */
export interface Presence {
  /** The pointer's position on the graph. */
  cursor: Point | null;
  /** The selected step or connection. */
  pickedId: string | null;
}
