import { ConfigurableClient } from './client.js';

/** The client behind the package's own `db`, cache and hooks. */
export const defaultClient = new ConfigurableClient();
