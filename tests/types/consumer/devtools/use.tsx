// The devtools component, and props that must not compile.
import { createClient, type DatabaseClient } from 'workflow-db';
import {
  WorkflowDbDevtools,
  type DevtoolsPosition,
  type WorkflowDbDevtoolsProps,
} from 'workflow-db/devtools';

const client: DatabaseClient = createClient({ url: 'https://x.supabase.co', key: 'k' });
const position: DevtoolsPosition = 'top-left';
const props: WorkflowDbDevtoolsProps = { client, initialIsOpen: true, position };

export const App = () => (
  <>
    <WorkflowDbDevtools />
    <WorkflowDbDevtools {...props} />
    <WorkflowDbDevtools client={undefined} position="bottom-right" />
    {/* @ts-expect-error no such corner */}
    <WorkflowDbDevtools position="middle" />
    {/* @ts-expect-error no client */}
    <WorkflowDbDevtools client={{}} />
  </>
);
