import type { MemberRole } from 'workflow-db/react';

/** The names of the roles in the interface. */
export const ROLES: Readonly<Record<MemberRole, string>> = {
  viewer: 'Can view',
  editor: 'Can edit',
};
