interface Props {
  /** What the pages contain. */
  of: string;
  /** Starts at 0. */
  page: number;
  pages: number;
  onPrevious: () => void;
  onNext: () => void;
}

/** Buttons for the previous and the next page. */
export function Pager({ of, page, pages, onPrevious, onNext }: Props) {
  const isFirst = page === 0;
  const isLast = page >= pages - 1;
  return (
    <nav className="pager" aria-label={`Pages of ${of}`}>
      <button
        type="button"
        className="button small"
        aria-disabled={isFirst || undefined}
        onClick={isFirst ? undefined : onPrevious}
      >
        Previous
      </button>
      <span aria-live="polite">
        Page {page + 1} of {Math.max(pages, page + 1)}
      </span>
      <button
        type="button"
        className="button small"
        aria-disabled={isLast || undefined}
        onClick={isLast ? undefined : onNext}
      >
        Next
      </button>
    </nav>
  );
}
