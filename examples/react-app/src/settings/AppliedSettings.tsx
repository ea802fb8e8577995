import { useEffect } from 'react';
import { useAccountSettings, useBrandSettings } from 'workflow-db/react';
import { brandVariables } from './brand';
import { setTheme, useIsDark } from './theme';
import { useRunMessages } from './useRunMessages';

/** Applies the user's settings to the page, including changes made in other windows. */
export function AppliedSettings({ userId }: { userId: string }) {
  const { settings: account } = useAccountSettings(userId);
  const { settings: brand } = useBrandSettings(userId);
  const isDark = useIsDark();
  useRunMessages(userId, account?.notifications_enabled ?? false);

  const theme = account?.theme;
  useEffect(() => {
    if (theme !== undefined) setTheme(theme);
  }, [theme]);
  // The next user may have another theme.
  useEffect(() => () => setTheme('auto'), []);

  useEffect(() => {
    if (brand === null) return undefined;
    const { style } = document.documentElement;
    const variables = Object.entries(brandVariables(brand, isDark));
    variables.forEach(([name, value]) => style.setProperty(name, value));
    return () => variables.forEach(([name]) => style.removeProperty(name));
  }, [brand, isDark]);

  return null;
}
