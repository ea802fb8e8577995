import { useRegisterSW } from 'virtual:pwa-register/react';

const CHECK_MS = 60 * 60 * 1000;

/**
 * Registers the service worker, which keeps the files of the app, so that it starts offline. A new version waits until the
 * user accepts it: a reload may come at the wrong moment.
 */
export function UpdateOffer() {
  const {
    needRefresh: [isOffered, setIsOffered],
    updateServiceWorker,
  } = useRegisterSW({
    onRegisteredSW: (_url, registration) => {
      setInterval(() => registration?.update().catch(() => {}), CHECK_MS);
    },
  });
  if (!isOffered) return null;
  return (
    <div className="update-offer" role="status">
      <span>There is a new version of this app.</span>
      <button type="button" className="button small primary" onClick={() => void updateServiceWorker()}>
        Reload
      </button>
      <button type="button" className="button small" onClick={() => setIsOffered(false)}>
        Later
      </button>
    </div>
  );
}
