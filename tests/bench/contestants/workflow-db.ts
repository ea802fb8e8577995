import { createClient } from '../../../pkg/index.js';
import type { Env } from './env.js';

export const newWorkflowDb = ({ url, key, token }: Env) =>
  createClient({ url, key, accessToken: () => token });
