import { Icon, type IconName } from '../ui/Icon';
import { auditHref, BRAND, HOME, KEYS, listHref, templatesHref, useRoute, type Route } from './route';

interface Destination {
  href: string;
  label: string;
  icon: IconName;
  views: Route['view'][];
}

const DESTINATIONS: Destination[] = [
  { href: HOME, label: 'Home', icon: 'home', views: ['dashboard'] },
  { href: listHref(), label: 'Workflows', icon: 'connect', views: ['workflows', 'shared', 'workflow'] },
  { href: templatesHref(), label: 'Templates', icon: 'layers', views: ['templates'] },
  { href: KEYS, label: 'Keys', icon: 'key', views: ['keys'] },
  { href: auditHref(), label: 'Audit log', icon: 'clock', views: ['audit'] },
  { href: BRAND, label: 'Settings', icon: 'settings', views: ['settings'] },
];

/** In the header, or at the bottom of the screen on phones. */
export function Navigation() {
  const { view } = useRoute();
  return (
    <nav className="navigation" aria-label="Main">
      {DESTINATIONS.map(({ href, label, icon, views }) => (
        <a key={href} href={href} aria-current={views.includes(view) ? 'page' : undefined}>
          <Icon name={icon} />
          {label}
        </a>
      ))}
    </nav>
  );
}
