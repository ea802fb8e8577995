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

/** When shown rows are asked for again without anybody's doing. */
export interface RefetchOptions {
  /** When the page is seen again; off unless given. */
  refetchOnFocus?: boolean | undefined;
  /** When the browser is online again; off unless given. */
  refetchOnReconnect?: boolean | undefined;
}

/** Options of hooks that may be live. */
export interface LiveOptions extends RefetchOptions {
  /** Whether changes made elsewhere show up as they happen; off unless it is true here or on the provider. */
  realtime?: boolean | undefined;
}

/** The options are defaults for the hooks below that take them. */
export interface WorkflowDbProviderProps extends LiveOptions {
  /**
   * The client of the hooks below; the package's own, which `configure` sets, unless given. Make it once, outside the
   * component or in a state, and close it when it is not needed any more.
   */
  client?: DatabaseClient | undefined;
  children?: ReactNode;
}

interface Settings extends LiveOptions {
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
  const realtime = props.realtime ?? above.realtime;
  useWarningAboutNewClients(client);
  const value = useMemo(
    () => ({ client, refetchOnFocus, refetchOnReconnect, realtime }),
    [client, refetchOnFocus, refetchOnReconnect, realtime],
  );
  return createElement(SettingsContext.Provider, { value }, props.children);
}

/** As many renders in a row with a new client each are taken for a mistake, not a change of user. */
const SUSPICIOUS_CHANGES = 2;
let hasWarned = false;

/** A client that is made while rendering is another one each time: nothing is ever cached, and none is closed. */
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
