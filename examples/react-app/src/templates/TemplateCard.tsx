import type { WorkflowTemplate } from 'workflow-db/react';
import { TemplateActions } from './TemplateActions';
import { TemplatePreview } from './TemplatePreview';

interface Props {
  userId: string;
  template: WorkflowTemplate;
  isSaved: boolean;
}

export function TemplateCard({ userId, template, isSaved }: Props) {
  const { name, description, category, usage_count, rating, is_featured, workflow_data } = template;
  return (
    <li className="card template">
      <TemplatePreview data={workflow_data} />
      <div className="template-text">
        <h2>{name}</h2>
        <p className="template-facts">
          <span className="badge">{category}</span>
          {is_featured && <span className="badge public">Featured</span>}
          <span className="subtle">
            used {usage_count} {usage_count === 1 ? 'time' : 'times'}
            {rating > 0 && ` · ${rating.toFixed(1)} of 5`}
          </span>
        </p>
        {description !== null && <p className="subtle">{description}</p>}
      </div>
      <TemplateActions userId={userId} template={template} isSaved={isSaved} />
    </li>
  );
}
