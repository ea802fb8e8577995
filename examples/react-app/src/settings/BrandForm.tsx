import { useState } from 'react';
import { useBrandSettings, type BrandSettingsPatch } from 'workflow-db/react';
import { useTask } from '../toasts/useTask';
import { ReadError } from '../sync/ReadError';
import { PendingButton } from '../ui/PendingButton';
import { SkeletonRows } from '../ui/Skeleton';
import { BrandColors } from './BrandColors';
import { BrandShape } from './BrandShape';
import { BrandText } from './BrandText';
import { ResetBrandButton } from './ResetBrandButton';

interface Props {
  userId: string;
  /** Reloads the form. */
  onRetry: () => void;
}

/** The brand settings. Fields without unsaved changes follow changes made elsewhere. */
export function BrandForm({ userId, onRetry }: Props) {
  const { settings, error, updateBrandSettings, resetBrandSettings } = useBrandSettings(userId);
  const [changes, setChanges] = useState<BrandSettingsPatch>({});
  const save = useTask('The brand was not saved.', updateBrandSettings, { done: 'The brand is saved.' });
  const reset = useTask('The brand was not reset.', resetBrandSettings, { done: 'The brand is reset.' });

  if (settings === null) {
    return error === null ? (
      <SkeletonRows count={4} height={90} label="Loading the brand" />
    ) : (
      <ReadError error={error} onRetry={onRetry} />
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
        <ResetBrandButton
          onReset={() => {
            setChanges({});
            void reset.run();
          }}
        />
      </div>
    </form>
  );
}
