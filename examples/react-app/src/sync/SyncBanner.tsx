import { Icon } from '../ui/Icon';
import { changes } from './counts';
import { useSync, type Sync } from './SyncContext';

/** Says which changes are not on the server yet, and why. Empty if there are none. */
export function SyncBanner() {
  const sync = useSync();
  const { unsent, showOutbox } = sync;
  const texts = textsOf(sync);
  const isRefused = unsent.some(({ state }) => state === 'failed');
  return (
    <div className={isRefused ? 'sync-banner refused' : 'sync-banner'} role="status">
      {texts.length > 0 && (
        <>
          <Icon name={isRefused ? 'warning' : 'cloud'} />
          <p>{texts.join(' ')}</p>
        </>
      )}
      {unsent.length > 0 && (
        <button type="button" className="button small" onClick={showOutbox}>
          Show changes
        </button>
      )}
    </div>
  );
}

function textsOf({ status: { isOnline, isFlushing, error }, unsent }: Sync): string[] {
  const refused = unsent.filter(({ state }) => state === 'failed').length;
  const waiting = unsent.filter(({ state }) => state === 'pending' || state === 'sending').length;
  const texts: string[] = [];
  if (!isOnline) texts.push('You are offline.');
  if (!isOnline && error !== undefined) texts.push('This browser cannot keep changes for later.');
  else if (!isOnline && waiting === 0) texts.push('Go on working: changes are kept on this device.');
  if (waiting > 0) texts.push(waitingText(waiting, isOnline, isFlushing));
  if (refused > 0) texts.push(`The server refused ${changes(refused)}.`);
  return texts;
}

function waitingText(count: number, isOnline: boolean, isFlushing: boolean): string {
  const isSubject = count === 1 ? 'waits' : 'wait';
  if (!isOnline) return `${changes(count)} ${isSubject} on this device.`;
  return isFlushing
    ? `Sending ${changes(count)}…`
    : `${changes(count)} ${isSubject} until the server can be reached.`;
}
