import { Icon, type IconName } from './Icon';

interface Props {
  icon: IconName;
  /** The accessible name, also shown as a tooltip. */
  label: string;
  onClick: () => void;
}

export function IconButton({ icon, label, onClick }: Props) {
  return (
    <button type="button" className="icon-button" aria-label={label} title={label} onClick={onClick}>
      <Icon name={icon} />
    </button>
  );
}
