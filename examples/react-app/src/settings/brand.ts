import type { BrandSettings } from 'workflow-db/react';
import { inkOn, mix, parseColor, readable, toHex } from './colors';

/** The backgrounds of text in each theme: the surface, and the least legible one. */
const GROUNDS = {
  light: { surface: [255, 255, 255], hardest: [241, 239, 234], edge: [0, 0, 0], soft: 0.1 },
  dark: { surface: [28, 28, 33], hardest: [37, 37, 43], edge: [255, 255, 255], soft: 0.2 },
} as const;

/** A smaller or larger font size would break the layout. */
const SMALLEST = 13;
const LARGEST = 20;
const USUAL = 16;
/** The font size that the layout was designed for. */
const DRAWN_PX = 15;

/** A brand as CSS variables. Colors are adjusted as far as needed to keep text legible. */
export function brandVariables(brand: BrandSettings, isDark: boolean): Record<string, string> {
  const { font_family, font_size_base, border_radius } = brand;
  const size = Math.min(LARGEST, Math.max(SMALLEST, font_size_base));
  const radius = Math.min(24, Math.max(0, border_radius));
  return {
    ...colorVariables(brand, isDark ? 'dark' : 'light'),
    '--font': JSON.stringify(font_family),
    '--font-size': `${(DRAWN_PX * size) / USUAL}px`,
    '--radius-small': `${radius}px`,
    '--radius': `${Math.round(radius * 1.6)}px`,
  };
}

function colorVariables(brand: BrandSettings, theme: keyof typeof GROUNDS): Record<string, string> {
  const { surface, hardest, edge, soft: softness } = GROUNDS[theme];
  const primary = parseColor(brand.primary_color);
  const secondary = parseColor(brand.secondary_color);
  const highlight = parseColor(brand.accent_color);
  const variables: Record<string, string> = {};
  if (primary !== undefined) {
    const accent = readable(primary, hardest);
    const soft = mix(accent, surface, softness);
    variables['--accent'] = toHex(accent);
    variables['--accent-soft'] = toHex(soft);
    variables['--accent-strong'] = toHex(readable(mix(edge, accent, 0.15), soft));
    variables['--on-accent'] = toHex(inkOn(accent));
  }
  if (secondary !== undefined) variables['--brand-line'] = toHex(secondary);
  if (highlight !== undefined) variables['--highlight'] = toHex(readable(highlight, surface, 3));
  return variables;
}
