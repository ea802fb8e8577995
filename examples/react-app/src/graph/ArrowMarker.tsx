/** The arrowhead of connections. */
export function ArrowMarker() {
  return (
    <defs>
      <marker id="arrow" viewBox="0 0 8 8" refX="4" refY="4" markerWidth="8" markerHeight="8" orient="auto">
        <path d="M1 .5L7 4 1 7.5z" />
      </marker>
    </defs>
  );
}
