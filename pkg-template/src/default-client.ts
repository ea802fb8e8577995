import { ConfigurableClient } from './client.js';

/** The client that the package's own `configure` and `db` are of. */
export const defaultClient = new ConfigurableClient();
