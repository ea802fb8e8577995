import type { MemberRole } from 'workflow-db/react';

/** What a role allows, as people say it. */
export const ROLES: Readonly<Record<MemberRole, string>> = {
  viewer: 'Can view',
  editor: 'Can edit',
};
