type Rgb = readonly [red: number, green: number, blue: number];

const WHITE: Rgb = [255, 255, 255];
const BLACK: Rgb = [0, 0, 0];
const HEX = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i;
/** The contrast that WCAG requires for normal text. */
const ENOUGH = 4.5;
const TRIES = 20;

/** Parses `#rrggbb`; undefined if it is not a color. */
export function parseColor(hex: string | null): Rgb | undefined {
  const [, ...parts] = HEX.exec(hex ?? '') ?? [];
  const [red, green, blue] = parts.map((part) => parseInt(part, 16));
  return red === undefined || green === undefined || blue === undefined ? undefined : [red, green, blue];
}

export function toHex(color: Rgb): string {
  return `#${color.map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')}`;
}

/** A mixture: `share` of the first color, and the rest of the second. */
export function mix(one: Rgb, other: Rgb, share: number): Rgb {
  const [red, green, blue] = one.map((part, index) => part * share + (other[index] ?? 0) * (1 - share));
  return [red ?? 0, green ?? 0, blue ?? 0];
}

/** The color, lightened or darkened until it is legible on `ground`. Keeps its hue as long as possible. */
export function readable(color: Rgb, ground: Rgb, contrast = ENOUGH): Rgb {
  const goals = luminance(ground) > 0.2 ? [BLACK] : [vivid(color), WHITE];
  let from = color;
  for (const goal of goals) {
    for (let step = 0; step <= TRIES; step += 1) {
      const tried = mix(goal, from, step / TRIES);
      if (contrastOf(tried, ground) >= contrast) return tried;
    }
    from = goal;
  }
  return from;
}

/** As light as possible with the same hue. */
function vivid(color: Rgb): Rgb {
  const brightest = Math.max(...color);
  return brightest === 0 ? WHITE : mix(color, BLACK, 255 / brightest);
}

/** White or black, whichever is legible on it. */
export function inkOn(ground: Rgb): Rgb {
  return contrastOf(WHITE, ground) >= ENOUGH ? WHITE : BLACK;
}

/** The contrast as defined by WCAG, from 1 to 21. */
export function contrastOf(one: Rgb, other: Rgb): number {
  const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

function luminance(color: Rgb): number {
  const [red = 0, green = 0, blue = 0] = color.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
