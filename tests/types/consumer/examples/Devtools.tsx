// What the README's example imports: the devtools in a module of its own.
import { WorkflowDbDevtools } from 'workflow-db/devtools';

export default function Devtools() {
  return <WorkflowDbDevtools />;
}
