import type { ExecutionNodeResult } from 'workflow-db/react';
import { nodeType } from '../graph/nodeTypes';
import { Icon } from '../ui/Icon';
import { StatusChip } from '../ui/StatusChip';
import { duration } from '../ui/time';
import { StepOutput } from './StepOutput';

export function NodeResult({ result, label }: { result: ExecutionNodeResult; label: string }) {
  const { node_type, status, execution_time_ms, error_message } = result;
  const { name, icon, tone } = nodeType(node_type);
  return (
    <li className="node-result">
      <span className={`node-icon tone-${tone}`} title={name}>
        <Icon name={icon} />
      </span>
      <div className="node-result-text">
        <strong>{label}</strong>
        {error_message !== null && <span className="failure">{error_message}</span>}
        <StepOutput result={result} />
      </div>
      <span className="subtle node-result-time">
        {execution_time_ms === null ? '' : duration(execution_time_ms)}
      </span>
      <StatusChip status={status} />
    </li>
  );
}
