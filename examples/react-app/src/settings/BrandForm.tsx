import { useState } from 'react';
import { useBrandSettings, type BrandSettingsPatch } from 'workflow-db/react';
import { useTask } from '../toasts/useTask';
import { ConfirmDialog } from '../ui/ConfirmDialog';
import { ErrorNote } from '../ui/ErrorNote';
import { PendingButton } from '../ui/PendingButton';
import { SkeletonRows } from '../ui/Skeleton';
import { BrandColors } from './BrandColors';
import { BrandShape } from './BrandShape';
import { BrandText } from './BrandText';

/** How the brand looks and sounds. What is not touched here follows what others change. */
export function BrandForm({ userId }: { userId: string }) {
  const { settings, error, updateBrandSettings, resetBrandSettings } = useBrandSettings(userId);
  const [changes, setChanges] = useState<BrandSettingsPatch>({});
  const [isResetting, setIsResetting] = useState(false);
  const save = useTask('The brand was not saved.', updateBrandSettings, { done: 'The brand is saved.' });
  const reset = useTask('The brand was not reset.', resetBrandSettings, { done: 'The brand is reset.' });

  if (settings === null) {
    return error === null ? (
      <SkeletonRows count={4} height={90} label="Loading the brand" />
    ) : (
      <ErrorNote error={error} />
    );
  }
  const isChanged = Object.keys(changes).length > 0;
  const shown = { ...settings, ...changes };
  const change = (patch: BrandSettingsPatch) => setChanges({ ...changes, ...patch });

  return (
    <form
      className="settings-form"
      onSubmit={(event) => {
        event.preventDefault();
        void save.run(changes).then((isDone) => isDone && setChanges({}));
      }}
    >
      <BrandColors brand={shown} onChange={change} />
      <BrandShape brand={shown} onChange={change} />
      <BrandText brand={shown} onChange={change} />
      <div className="form-actions">
        <PendingButton
          type="submit"
          className="button primary"
          isPending={save.isPending}
          disabled={!isChanged}
        >
          Save brand
        </PendingButton>
        <button type="button" className="button" disabled={!isChanged} onClick={() => setChanges({})}>
          Discard
        </button>
        <button type="button" className="button ghost push" onClick={() => setIsResetting(true)}>
          Reset…
        </button>
      </div>
      {isResetting && (
        <ConfirmDialog
          title="Reset the brand?"
          confirmLabel="Reset brand"
          onConfirm={() => {
            setIsResetting(false);
            setChanges({});
            void reset.run();
          }}
          onClose={() => setIsResetting(false)}
        >
          <p>Colours, font and texts go back to what a new brand begins with.</p>
        </ConfirmDialog>
      )}
    </form>
  );
}
