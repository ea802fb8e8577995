/** Gray bars as placeholders for rows that are loading. */
export function SkeletonRows({ count, label, height }: { count: number; label: string; height: number }) {
  return (
    <div className="skeleton-rows" role="status" aria-label={label}>
      {Array.from({ length: count }, (_, index) => (
        <div key={index} className="skeleton" style={{ height }} />
      ))}
    </div>
  );
}
