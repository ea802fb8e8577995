import { useMemo } from 'react';
import type { DbFunctions } from '../db.js';
import type { TableName, Tables } from '../realtime-types.js';
import { idOf } from './ids.js';
import { useLive } from './live.js';
import { useIsSaving, useMutations } from './mutations.js';
import { patching, valuesOf, type Change } from './overlays.js';
import type { ReadState } from './results.js';
import { useQuery } from './use-query.js';

type SettingsTable = Extract<TableName, 'brand_settings' | 'account_settings'>;
type Values<Table extends SettingsTable> = Omit<
  Tables[Table],
  'id' | 'user_id' | 'created_at' | 'updated_at'
>;

/** A table of settings with at most one row per user. */
export interface SettingsSpec<Table extends SettingsTable, Patch extends object> {
  table: Table;
  keyOf: (userId: string) => string;
  read: (db: DbFunctions, userId: string) => Promise<Tables[Table] | null>;
  save: (db: DbFunctions, userId: string, patch: Patch) => Promise<Tables[Table]>;
  /** Shown while there is no row, and written with the first save. */
  defaults: () => Values<Table>;
  /** Written by a reset. */
  initial: () => Values<Table>;
}

export interface SettingsRow<Row, Patch> extends ReadState {
  settings: Row | null;
  isSaving: boolean;
  update: (patch: Patch) => Promise<Row>;
  reset: () => Promise<Row>;
}

/** A user's row of settings, or the defaults. */
export function useSettingsRow<Table extends SettingsTable, Patch extends object>(
  spec: SettingsSpec<Table, Patch>,
  userId: string,
): SettingsRow<Tables[Table], Patch> {
  type Row = Tables[Table];
  userId = idOf(userId);
  const key = userId && spec.keyOf(userId);
  const [state, query] = useQuery<Row | null>({
    key,
    read: (db) => spec.read(db, userId),
    // Without a row, values being written are shown on top of the defaults.
    show: (row, overlays) => {
      const base = row ?? unsaved<Table>(userId, spec.defaults());
      const shown = overlays.row(spec.table, base);
      return row === null && shown === base ? null : shown;
    },
  });
  const [writeError, mutations] = useMutations(key);
  useLive(spec.table, userId, state);

  const actions = useMemo(() => {
    const write = (patch: Patch, isWhole: boolean): Promise<Row> => {
      const { data } = query.snapshot();
      const change: Change<Table> = {
        table: spec.table,
        rows: { user_id: userId } as Change<Table>['rows'],
        effect: patching(patch),
      };
      return mutations.run(async (db, isQueued) => {
        const isFirst = patch && !isWhole && (isQueued ? data : await spec.read(db, userId)) === null;
        return spec.save(db, userId, isFirst ? withDefaults(spec, patch) : patch);
      }, change);
    };
    return {
      update: (patch: Patch) => write(patch, false),
      reset: () => write(spec.initial() as unknown as Patch, true),
    };
  }, [mutations, query, spec, userId]);

  const { data, loading, error, isFetching } = state;
  const settings = useMemo(
    () => (data === null ? unsaved<Table>(userId, spec.defaults()) : (data ?? null)),
    [data, spec, userId],
  );
  const isSaving = useIsSaving(mutations);
  return { settings, loading, error: writeError ?? error, isFetching, isSaving, ...actions };
}

/** The defaults in the form of a row with an empty `id`. */
function unsaved<Table extends SettingsTable>(userId: string, defaults: Values<Table>): Tables[Table] {
  return { id: '', user_id: userId, ...defaults, created_at: '', updated_at: '' } as unknown as Tables[Table];
}

/** What the first save writes. */
function withDefaults<Table extends SettingsTable, Patch extends object>(
  spec: SettingsSpec<Table, Patch>,
  patch: Patch,
): Patch {
  return { ...spec.defaults(), ...Object.fromEntries(valuesOf(patch)) } as unknown as Patch;
}
