import { useState } from 'react';
import { db, type ApiKey } from 'workflow-db/react';
import { useTask } from '../toasts/useTask';
import { PendingButton } from '../ui/PendingButton';
import { forgetLocalKey, forgetLocalKeys, localKeys } from './localKeys';

interface Props {
  userId: string;
  /** The keys in the database, which are not overwritten. */
  stored: readonly ApiKey[];
}

/** Offers to move the keys that an older version kept in this browser to the database. */
export function ImportBanner({ userId, stored }: Props) {
  const [services, setServices] = useState(() => Object.keys(localKeys()));
  const known = new Set(stored.map(({ service_name }) => service_name));
  const fresh = services.filter((service) => !known.has(service));
  const isKnown = services.filter((service) => known.has(service));

  const bring = useTask(
    'Not every key was imported.',
    async () => {
      try {
        for (const [service, secret] of Object.entries(localKeys())) {
          if (!known.has(service)) await db.storeApiKey(userId, service, secret);
          forgetLocalKey(service);
        }
      } finally {
        setServices(Object.keys(localKeys()));
      }
    },
    { done: 'The keys are in your account now, and no longer in this browser.' },
  );

  if (services.length === 0) return null;
  return (
    <section className="import-banner" aria-label="Keys in this browser">
      <div>
        <h2>This browser still holds {services.length === 1 ? 'a key' : `${services.length} keys`}</h2>
        <p>
          An older version kept {services.join(', ')} here in plain text.{' '}
          {fresh.length > 0 &&
            'Import stores them encrypted in your account and removes them from this browser. '}
          {isKnown.length > 0 &&
            `For ${isKnown.join(', ')} your account has a key already: that one stays, the one here is removed.`}
        </p>
      </div>
      <div className="banner-actions">
        <PendingButton
          className="button primary"
          isPending={bring.isPending}
          onClick={() => void bring.run()}
        >
          {fresh.length === 0 ? 'Tidy up' : 'Import'}
        </PendingButton>
        {fresh.length > 0 && (
          <button
            type="button"
            className="button"
            onClick={() => {
              forgetLocalKeys();
              setServices([]);
            }}
          >
            Remove without importing
          </button>
        )}
      </div>
    </section>
  );
}
