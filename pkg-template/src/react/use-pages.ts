import { useInsertionEffect, useMemo, useRef, useState } from 'react';
import type { DbFunctions } from '../db.js';
import type { PaginatedResponse } from '../types.js';
import type { Overlays } from './overlays.js';
import type { RefetchOptions } from './provider.js';
import type { QueryState } from './query.js';
import { useQuery } from './use-query.js';

/** A list that is shown page by page. */
export interface PagesSpec<Row> {
  /**
   * The list's cache key without limit and offset. Another list starts at its first page. Empty if nothing is to be
   * read.
   */
  list: string;
  /** The owner of the list: the last page stays visible while another one of the same subject is read. */
  subject: string;
  pageSize: number;
  read: (db: DbFunctions, limit: number, offset: number) => Promise<PaginatedResponse<Row>>;
  show: (page: PaginatedResponse<Row>, overlays: Overlays) => PaginatedResponse<Row>;
}

export interface PageActions {
  /** Goes to this page; the first one is 0. */
  goToPage: (page: number) => void;
  /** Goes to the next page, if there is one. */
  nextPage: () => void;
  /** Goes to the previous page, if there is one. */
  prevPage: () => void;
}

export interface Pages<Row> {
  state: QueryState<PaginatedResponse<Row>>;
  query: { refresh: () => Promise<void> };
  page: number;
  actions: PageActions;
}

/** A numbered page of a list, with functions to go to others. */
export function usePages<Row>(spec: PagesSpec<Row>, options?: RefetchOptions): Pages<Row> {
  const { list, pageSize } = spec;
  const name = `${list} ${pageSize}`;
  const [place, setPlace] = useState({ name, page: 0 });
  // Another list starts at its first page, even if it was shown before.
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
    /** Goes to the page that `next` selects, given the requested page and the last existing one. */
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

/** The cache key of a page, in the engine's format. */
export function pageKey(list: string, limit: number, offset: number): string {
  const start = list.includes('?') ? '&' : '?';
  return `${list}${start}limit=${limit}${offset > 0 ? `&offset=${offset}` : ''}`;
}
