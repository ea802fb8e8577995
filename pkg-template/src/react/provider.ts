import { createContext, createElement, useContext, useMemo, type ReactElement, type ReactNode } from 'react';
import type { DatabaseClient } from '../client.js';
import { defaultClient } from '../default-client.js';

/** When shown rows are asked for again without anybody's doing. */
export interface RefetchOptions {
  /** When the page is seen again; off unless given. */
  refetchOnFocus?: boolean | undefined;
  /** When the browser is online again; off unless given. */
  refetchOnReconnect?: boolean | undefined;
}

/** Options of hooks whose live updates can be turned off. */
export interface LiveOptions extends RefetchOptions {
  /** Whether changes made elsewhere show up as they happen; on unless it is false. */
  realtime?: boolean | undefined;
}

export interface WorkflowDbProviderProps extends RefetchOptions {
  /** The client of the hooks below; the package's own, which `configure` sets, unless given. */
  client?: DatabaseClient | undefined;
  children?: ReactNode;
}

interface Settings extends RefetchOptions {
  client: DatabaseClient;
}

const SettingsContext = createContext<Settings>({ client: defaultClient });

/**
 * Gives the hooks below it a client of their own, and defaults for their options. Servers need it, where every request
 * has its own client; in a browser the hooks work without. The provider never closes the client: the code that made it
 * does, when the tree is gone. A client that only rendered on a server may also be left to the garbage collector.
 *
 * @example
 * ```tsx
 * const client = createClient({ url, key, accessToken: () => token });
 * const html = renderToString(
 *   <WorkflowDbProvider client={client} refetchOnFocus>
 *     <App />
 *   </WorkflowDbProvider>,
 * );
 * client.close();
 * ```
 */
export function WorkflowDbProvider(props: WorkflowDbProviderProps): ReactElement {
  const above = useSettings();
  const client = props.client ?? above.client;
  const refetchOnFocus = props.refetchOnFocus ?? above.refetchOnFocus;
  const refetchOnReconnect = props.refetchOnReconnect ?? above.refetchOnReconnect;
  const value = useMemo(
    () => ({ client, refetchOnFocus, refetchOnReconnect }),
    [client, refetchOnFocus, refetchOnReconnect],
  );
  return createElement(SettingsContext.Provider, { value }, props.children);
}

export function useSettings(): Settings {
  return useContext(SettingsContext);
}

export function useClient(): DatabaseClient {
  return useSettings().client;
}
