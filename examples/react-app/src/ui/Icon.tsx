/** Drawn on 24 × 24, stroked. */
const PATHS = {
  home: 'M4 11l8-7 8 7v9h-5v-6h-6v6H4z',
  key: 'M8 11a4.2 4.2 0 1 1 0 8.4A4.2 4.2 0 0 1 8 11zM11 12.2L20 3.2M16.5 6.7l3 3M13.8 9.4l2 2',
  settings:
    'M4 7h9M17 7h3M4 17h3M11 17h9M15 4.8a2.2 2.2 0 1 1 0 4.4 2.2 2.2 0 0 1 0-4.4zM9 14.8a2.2 2.2 0 1 1 0 4.4 2.2 2.2 0 0 1 0-4.4z',
  share: 'M9 4a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7zM2.5 20a6.5 6.5 0 0 1 13 0M19 8v6M16 11h6',
  signOut: 'M14 4H5v16h9M10 12h11M17 8l4 4-4 4',
  star: 'M12 3.5l2.6 5.4 5.9.8-4.3 4.1 1 5.9-5.2-2.8-5.2 2.8 1-5.9-4.3-4.1 5.9-.8z',
  play: 'M7 4.5v15l12-7.5z',
  stop: 'M6 6h12v12H6z',
  save: 'M5 4h11l3 3v13H5zM8 4v5h7V4M8 20v-6h8v6',
  undo: 'M8 5L4 9l4 4M4 9h10a6 6 0 0 1 0 12h-3',
  bookmark: 'M6 4h12v16l-6-4-6 4z',
  use: 'M12 4v11M7.5 10.5L12 15l4.5-4.5M4 19h16',
  archive: 'M4 8v10a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2V8M3 4h18v4H3zM10 12h4',
  arrow: 'M5 12h14M13 6l6 6-6 6',
  back: 'M19 12H5M11 18l-6-6 6-6',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  cloud: 'M7 18.5a4.5 4.5 0 0 1-.4-9A6 6 0 0 1 18 10.2a4.2 4.2 0 0 1-.6 8.3z',
  chevron: 'M6 15l6-6 6 6',
  clock: 'M12 7v5l3 2M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18z',
  close: 'M6 6l12 12M18 6L6 18',
  connect:
    'M8 12h8M5.5 9.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5zM18.5 9.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5z',
  edit: 'M4 20h4L19.5 8.5a2.8 2.8 0 0 0-4-4L4 16v4zM13.5 6.5l4 4',
  fit: 'M4 9V5a1 1 0 0 1 1-1h4M15 4h4a1 1 0 0 1 1 1v4M20 15v4a1 1 0 0 1-1 1h-4M9 20H5a1 1 0 0 1-1-1v-4',
  image: 'M4 5h16v14H4zM4 16l4.5-4.5L14 17M13 14l2.5-2.5L20 16M15.5 8.5h.01',
  inbox: 'M3 13l3-8h12l3 8v6H3zM3 13h5l1.5 3h5L16 13h5',
  layers: 'M12 4l8 4.5-8 4.5-8-4.5zM4 13l8 4.5 8-4.5',
  minus: 'M5 12h14',
  music:
    'M9 18V6l10-2v12M6.5 15.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5zM16.5 13.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5z',
  output: 'M12 15V4M7.5 8.5L12 4l4.5 4.5M4 15v4a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1v-4',
  pencilText: 'M5 6h14M5 11h14M5 16h8',
  plus: 'M12 5v14M5 12h14',
  refresh: 'M20 12a8 8 0 1 1-2.5-5.8M20 4v5h-5',
  restore: 'M4 12a8 8 0 1 0 2.5-5.8M4 4v5h5',
  scissors:
    'M8 8.5L20 17M8 15.5L20 7M6 4.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5zM6 14.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5z',
  search: 'M11 4a7 7 0 1 1 0 14 7 7 0 0 1 0-14zM16 16l4.5 4.5',
  shield: 'M12 3l8 3v6c0 4.5-3.2 7.7-8 9-4.8-1.3-8-4.5-8-9V6zM8.5 12l2.5 2.5 4.5-5',
  spark: 'M12 3l1.9 6.1L20 11l-6.1 1.9L12 19l-1.9-6.1L4 11l6.1-1.9zM19 17v4M17 19h4',
  step: 'M5 5h14v14H5z',
  table: 'M4 5h16v14H4zM4 10h16M10 10v9',
  trash: 'M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5',
  video: 'M3 6h12v12H3zM15 10.5L21 7v10l-6-3.5',
  voice: 'M12 3a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3zM5.5 11a6.5 6.5 0 0 0 13 0M12 17.5V21',
  warning: 'M12 4l9 16H3zM12 10v4M12 17h.01',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" width={size} height={size} aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
