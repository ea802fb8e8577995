/** Grey bars in the place of rows that are being loaded. */
export function SkeletonRows({ count, label, height }: { count: number; label: string; height: number }) {
  return (
    <div className="skeleton-rows" role="status" aria-label={label}>
      {Array.from({ length: count }, (_, index) => (
        <div key={index} className="skeleton" style={{ height }} />
      ))}
    </div>
  );
}
