import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { WorkflowDbProvider } from 'workflow-db/react';
import { App } from './app/App';
import { Devtools } from './app/Devtools';
import { UpdateOffer } from './app/UpdateOffer';
import { connect } from './data/client';
import { followTheme } from './settings/theme';
import './styles/base.css';
import './styles/controls.css';
import './styles/feedback.css';
import './styles/pages.css';
import './styles/header.css';
import './styles/sync.css';
import './styles/sign-in.css';
import './styles/dashboard.css';
import './styles/workflow-list.css';
import './styles/sharing.css';
import './styles/graph.css';
import './styles/editor.css';
import './styles/presence.css';
import './styles/executions.css';
import './styles/templates.css';
import './styles/keys.css';
import './styles/audit.css';
import './styles/settings.css';

const element = document.getElementById('root');
if (element === null) throw new Error('index.html has no element with the id "root"');
const root = createRoot(element);
followTheme();

try {
  await connect();
  root.render(
    <StrictMode>
      <WorkflowDbProvider realtime>
        <App />
        <UpdateOffer />
        <Devtools />
      </WorkflowDbProvider>
    </StrictMode>,
  );
} catch (error) {
  root.render(
    <p role="alert" className="startup-error">
      The page could not start. {error instanceof Error ? error.message : 'Please reload it.'}
    </p>,
  );
}
