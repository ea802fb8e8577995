import { useState } from 'react';
import { db, useApiKey } from 'workflow-db/react';
import { Dialog } from '../ui/Dialog';
import { ErrorNote } from '../ui/ErrorNote';
import { FormActions } from '../ui/FormActions';
import { useAction } from '../ui/useAction';
import { ServiceField } from './ServiceField';

interface Props {
  userId: string;
  /** The service whose key is replaced; empty for a new one. */
  service: string;
  onClose: () => void;
}

/** Sends the secret to the server. It is not shown anywhere else on the page. */
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
        {service === '' && <ServiceField value={name} onChange={setName} />}
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
            ? `There is a key for ${wanted}: this one replaces it.`
            : 'It is encrypted in the database, and no browser can read it again.'}
        </p>
        {store.error !== null && <ErrorNote error={store.error} onRetry={() => void submit()} />}
        <FormActions submitLabel="Store key" isPending={store.isPending} onCancel={onClose} />
      </form>
    </Dialog>
  );
}
