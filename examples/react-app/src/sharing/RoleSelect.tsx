import type { MemberRole } from 'workflow-db/react';
import { ROLES } from './roles';

interface Props {
  label: string;
  role: MemberRole;
  onChange: (role: MemberRole) => void;
}

export function RoleSelect({ label, role, onChange }: Props) {
  return (
    <select
      className="role-select"
      aria-label={label}
      value={role}
      onChange={(event) => onChange(event.target.value as MemberRole)}
    >
      {Object.entries(ROLES).map(([value, text]) => (
        <option key={value} value={value}>
          {text}
        </option>
      ))}
    </select>
  );
}
