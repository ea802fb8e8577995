// @ts-check
import { daysBefore } from './time.mjs';
import { USERS } from './users.mjs';

const [, grace, mary] = USERS;

/** The invitations; those with `account` are accepted. */
const MEMBERS = [
  { workflow: 'Product launch video', email: grace.email, account: grace, role: 'editor', ageDays: 12 },
  { workflow: 'Product launch video', email: mary.email, account: mary, role: 'viewer', ageDays: 9 },
  { workflow: 'Product launch video', email: 'lin@example.com', account: null, role: 'viewer', ageDays: 2 },
  { workflow: 'Catalogue backgrounds', email: mary.email, account: null, role: 'editor', ageDays: 1 },
];

/**
 * Members of the workflows, and pending invitations.
 *
 * @param {{ id: string, user_id: string, name: string }[]} workflows
 * @param {Date} now
 */
export function memberRows(workflows, now) {
  return MEMBERS.map(({ workflow: name, email, account, role, ageDays }, index) => {
    const workflow = workflows.find((row) => row.name === name);
    if (!workflow) throw new Error(`There is no workflow called ${name}.`);
    return {
      id: `44444444-4444-4444-8444-44444444444${index}`,
      workflow_id: workflow.id,
      email,
      user_id: account?.id ?? null,
      role,
      invited_by: workflow.user_id,
      created_at: daysBefore(now, ageDays),
      accepted_at: account ? daysBefore(now, ageDays - 0.5) : null,
    };
  });
}
