/** A small decorative workflow. */
export function SignInArt() {
  return (
    <svg className="sign-in-art" viewBox="0 0 440 200" aria-hidden="true">
      <g className="art-edges">
        <path d="M110 100c40 0 20-60 60-60" />
        <path d="M110 100c40 0 20 60 60 60" />
        <path d="M270 40c40 0 20 60 60 60" />
        <path d="M270 160c40 0 20-60 60-60" />
      </g>
      <ArtNode x={10} y={72} tone="input" />
      <ArtNode x={170} y={12} tone="image" />
      <ArtNode x={170} y={132} tone="audio" />
      <ArtNode x={330} y={72} tone="video" />
    </svg>
  );
}

function ArtNode({ x, y, tone }: { x: number; y: number; tone: string }) {
  return (
    <g className={`art-node tone-${tone}`} transform={`translate(${x} ${y})`}>
      <rect className="art-card" width="100" height="56" rx="12" />
      <rect className="art-badge" x="12" y="14" width="28" height="28" rx="8" />
      <rect className="art-line" x="50" y="19" width="38" height="6" rx="3" />
      <rect className="art-line faint" x="50" y="32" width="26" height="6" rx="3" />
    </g>
  );
}
