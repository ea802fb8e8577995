import {
  createContext,
  createElement,
  useContext,
  useEffect,
  useMemo,
  useRef,
  type ReactElement,
  type ReactNode,
} from 'react';
import type { DatabaseClient } from '../client.js';
import { defaultClient } from '../default-client.js';

/** When to read shown rows again automatically. */
export interface RefetchOptions {
  /** When the page becomes visible; off by default. */
  refetchOnFocus?: boolean | undefined;
  /** When the browser is online again; off by default. */
  refetchOnReconnect?: boolean | undefined;
}

/** Options of hooks that support realtime. */
export interface LiveOptions extends RefetchOptions {
  /** Whether to show changes made elsewhere as they happen; off unless enabled here or in the provider. */
  realtime?: boolean | undefined;
}

/** The options are defaults for the hooks below the provider. */
export interface WorkflowDbProviderProps extends LiveOptions {
  /**
   * The client for the hooks below; by default the package's own, set by `configure`. Create it once, outside the
   * component or in a state, and close it when it is no longer needed.
   */
  client?: DatabaseClient | undefined;
  children?: ReactNode;
}

interface Settings extends LiveOptions {
  client: DatabaseClient;
}

const SettingsContext = createContext<Settings>({ client: defaultClient });

/**
 * Sets the client and the default options of the hooks below it. It is required on servers, where every request has
 * its own client; in a browser the hooks work without it. The provider never closes the client; the code that created
 * it must do so when the tree is gone. A client that was only used to render on a server may also be left to the
 * garbage collector.
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
  const realtime = props.realtime ?? above.realtime;
  useWarningAboutNewClients(client);
  const value = useMemo(
    () => ({ client, refetchOnFocus, refetchOnReconnect, realtime }),
    [client, refetchOnFocus, refetchOnReconnect, realtime],
  );
  return createElement(SettingsContext.Provider, { value }, props.children);
}

/** This many consecutive renders with a new client each indicate a mistake rather than a change of user. */
const SUSPICIOUS_CHANGES = 2;
let hasWarned = false;

/**
 * Warns about a client created during rendering: it is a new one each time, so nothing is cached, and none is closed.
 */
function useWarningAboutNewClients(client: DatabaseClient): void {
  const seen = useRef({ client, changes: 0 });
  useEffect(() => {
    const { client: before, changes } = seen.current;
    seen.current = { client, changes: client === before ? 0 : changes + 1 };
    if (hasWarned || seen.current.changes < SUSPICIOUS_CHANGES) return;
    hasWarned = true;
    console.warn(
      'WorkflowDbProvider was given another client with every render. Make the client once, outside the component or ' +
        'with useState(() => createClient(options)), and close it when it is not needed any more.',
    );
  });
}

export function useSettings(): Settings {
  return useContext(SettingsContext);
}

export function useClient(): DatabaseClient {
  return useSettings().client;
}

/** Whether a hook with these options is live. */
export function useIsLive(options: LiveOptions): boolean {
  const { realtime } = useSettings();
  return options.realtime ?? realtime ?? false;
}
