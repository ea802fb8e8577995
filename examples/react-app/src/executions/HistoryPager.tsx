interface Props {
  page: number;
  pages: number;
  hrefOf: (page: number) => string;
}

export function HistoryPager({ page, pages, hrefOf }: Props) {
  return (
    <nav className="pager" aria-label="Pages of runs">
      <PagerLink href={page > 1 ? hrefOf(Math.min(page - 1, pages)) : undefined}>Previous</PagerLink>
      <span aria-live="polite">
        Page {page} of {pages}
      </span>
      <PagerLink href={page < pages ? hrefOf(page + 1) : undefined}>Next</PagerLink>
    </nav>
  );
}

function PagerLink({ href, children }: { href: string | undefined; children: string }) {
  return (
    <a
      className="button small"
      href={href}
      role={href === undefined ? 'link' : undefined}
      aria-disabled={href === undefined || undefined}
    >
      {children}
    </a>
  );
}
