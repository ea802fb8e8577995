import { useState } from 'react';
import { db, useApiKey } from 'workflow-db/react';
import { Dialog } from '../ui/Dialog';
import { ErrorNote } from '../ui/ErrorNote';
import { PendingButton } from '../ui/PendingButton';
import { useAction } from '../ui/useAction';

interface Props {
  userId: string;
  /** The service whose key is replaced; empty for a new one. */
  service: string;
  onClose: () => void;
}

const SERVICES = ['anthropic', 'elevenlabs', 'kling', 'openai', 'replicate', 'runway', 'together'];

/** The secret goes to the server from here, and is never shown in the page's other places. */
export function StoreKeyDialog({ userId, service, onClose }: Props) {
  const [name, setName] = useState(service);
  const [secret, setSecret] = useState('');
  const wanted = name.trim();
  const { key: existing } = useApiKey(userId, wanted);
  const store = useAction(() => db.storeApiKey(userId, wanted, secret.trim(), { isActive: true }));
  const submit = async () => {
    if ((await store.run()) !== undefined) onClose();
  };

  return (
    <Dialog title={service === '' ? 'Add a key' : `Replace the key for ${service}`} onClose={onClose}>
      <form
        className="fields"
        autoComplete="off"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        {service === '' && (
          <label className="field">
            <span>Service</span>
            <input
              value={name}
              required
              pattern=".*\S.*"
              title="The name of the service"
              maxLength={60}
              list="known-services"
              onChange={(event) => setName(event.target.value)}
            />
            <datalist id="known-services">
              {SERVICES.map((each) => (
                <option key={each} value={each} />
              ))}
            </datalist>
          </label>
        )}
        <label className="field">
          <span>Secret</span>
          <input
            type="password"
            value={secret}
            required
            pattern=".*\S.*"
            title="The key as the service gave it"
            autoComplete="off"
            onChange={(event) => setSecret(event.target.value)}
          />
        </label>
        <p className="subtle" role="status">
          {existing !== null && service === ''
            ? `There is ${existing.is_active ? 'a' : 'an inactive'} key for ${wanted}: this one replaces it.`
            : 'It is encrypted in the database. Only you can show it again.'}
        </p>
        {store.error !== null && <ErrorNote error={store.error} onRetry={() => void submit()} />}
        <div className="dialog-actions">
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <PendingButton type="submit" className="button primary" isPending={store.isPending}>
            Store key
          </PendingButton>
        </div>
      </form>
    </Dialog>
  );
}
