import { Icon } from '../ui/Icon';

interface Props {
  text: string;
  onDelete: (() => void) | undefined;
}

/** A connection of the selected step. */
export function ConnectionItem({ text, onDelete }: Props) {
  return (
    <li>
      <span>{text}</span>
      {onDelete !== undefined && (
        <button
          type="button"
          className="icon-button"
          aria-label={`Delete connection ${text}`}
          title="Delete connection"
          onClick={onDelete}
        >
          <Icon name="close" size={16} />
        </button>
      )}
    </li>
  );
}
