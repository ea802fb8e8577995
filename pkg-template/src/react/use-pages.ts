import { useInsertionEffect, useMemo, useRef, useState } from 'react';
import type { DbFunctions } from '../db.js';
import type { PaginatedResponse } from '../types.js';
import type { Overlays } from './overlays.js';
import type { RefetchOptions } from './provider.js';
import type { QueryState } from './query.js';
import { useQuery } from './use-query.js';

/** A list that is shown by pages. */
export interface PagesSpec<Row> {
  /** The list's cache key without limit and offset; another one begins at its first page. Empty asks nothing. */
  list: string;
  /** Whose list it is: the last page stays shown while another one of the same subject is read. */
  subject: string;
  pageSize: number;
  read: (db: DbFunctions, limit: number, offset: number) => Promise<PaginatedResponse<Row>>;
  show: (page: PaginatedResponse<Row>, overlays: Overlays) => PaginatedResponse<Row>;
}

export interface PageActions {
  /** Counted from 0. */
  goToPage: (page: number) => void;
  /** To the next page, if there is one. */
  nextPage: () => void;
  /** To the page before, if there is one. */
  prevPage: () => void;
}

export interface Pages<Row> {
  state: QueryState<PaginatedResponse<Row>>;
  query: { refresh: () => Promise<void> };
  page: number;
  actions: PageActions;
}

/** A numbered page of a list, and the ways to others. */
export function usePages<Row>(spec: PagesSpec<Row>, options?: RefetchOptions): Pages<Row> {
  const { list, pageSize } = spec;
  const name = `${list} ${pageSize}`;
  const [place, setPlace] = useState({ name, page: 0 });
  // Another list begins at its first page, also when it was shown before.
  if (place.name !== name) setPlace({ name, page: 0 });
  const page = place.name === name ? place.page : 0;
  const offset = page * pageSize;
  const [state, query] = useQuery<PaginatedResponse<Row>>(
    {
      key: list && pageKey(list, pageSize, offset),
      subject: spec.subject,
      isAlwaysAsked: true,
      read: (db) => spec.read(db, pageSize, offset),
      show: spec.show,
    },
    options,
  );

  const total = state.data?.total ?? 0;
  const latest = useRef({ name, pageSize, total });
  useInsertionEffect(() => {
    latest.current = { name, pageSize, total };
  });
  const actions = useMemo(() => {
    /** To the page that `next` picks, from that which was asked for last and the last one that there is. */
    const turn = (next: (page: number, last: number) => number) => {
      const { name, pageSize, total } = latest.current;
      const last = Math.ceil(total / pageSize) - 1;
      setPlace((before) => {
        const page = next(before.name === name ? before.page : 0, last);
        return { name, page: Math.max(0, Math.floor(page) || 0) };
      });
    };
    return {
      goToPage: (page: number) => turn(() => page),
      nextPage: () => turn((page, last) => Math.max(page, Math.min(page + 1, last))),
      prevPage: () => turn((page) => page - 1),
    };
  }, []);
  return { state, query, page, actions };
}

/** The cache key of a page, as the engine names it. */
export function pageKey(list: string, limit: number, offset: number): string {
  const start = list.includes('?') ? '&' : '?';
  return `${list}${start}limit=${limit}${offset > 0 ? `&offset=${offset}` : ''}`;
}
