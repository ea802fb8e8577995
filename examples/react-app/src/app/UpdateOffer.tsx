import { useRegisterSW } from 'virtual:pwa-register/react';

const CHECK_MS = 60 * 60 * 1000;

/** How long a new version may take to start. Chromium forgets to start it when the old one answers a request at that moment. */
const ACTIVATE_MS = 3000;

/** Starts the new version and reloads the page. The plugin alone does not reload a page without a service worker. */
async function restart(activate: () => Promise<void>) {
  const reload = () => window.location.reload();
  const worker = (await navigator.serviceWorker.getRegistration())?.waiting;
  if (!worker) return reload(); // another window started it
  worker.addEventListener('statechange', () => worker.state === 'activated' && reload());
  setTimeout(reload, ACTIVATE_MS);
  await activate();
}

/**
 * Registers the service worker, which keeps the files of the app, so that it starts offline. A new version waits until the
 * user accepts it, because a reload may interrupt the user.
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
      <button
        type="button"
        className="button small primary"
        onClick={() => void restart(updateServiceWorker)}
      >
        Reload
      </button>
      <button type="button" className="button small" onClick={() => setIsOffered(false)}>
        Later
      </button>
    </div>
  );
}
