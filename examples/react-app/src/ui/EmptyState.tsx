import type { ReactNode } from 'react';
import { Icon, type IconName } from './Icon';

interface Props {
  icon: IconName;
  title: string;
  level?: 1 | 2 | 3;
  children?: ReactNode;
}

export function EmptyState({ icon, title, level = 3, children }: Props) {
  const Heading = `h${level}` as const;
  return (
    <div className="empty-state">
      <span className="empty-icon">
        <Icon name={icon} size={26} />
      </span>
      <Heading>{title}</Heading>
      {children}
    </div>
  );
}
