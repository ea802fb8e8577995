import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/App';
import { connect } from './data/client';
import './styles/base.css';
import './styles/controls.css';
import './styles/feedback.css';
import './styles/pages.css';
import './styles/sign-in.css';
import './styles/workflow-list.css';
import './styles/graph.css';
import './styles/editor.css';
import './styles/executions.css';
import './styles/activity.css';

const element = document.getElementById('root');
if (element === null) throw new Error('index.html has no element with the id "root"');
const root = createRoot(element);

try {
  await connect();
  root.render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
} catch (error) {
  root.render(
    <p role="alert" className="startup-error">
      The page could not start. {error instanceof Error ? error.message : 'Please reload it.'}
    </p>,
  );
}
