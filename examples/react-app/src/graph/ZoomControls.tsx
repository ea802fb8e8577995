import { Icon } from '../ui/Icon';

interface Props {
  onZoom: (factor: number) => void;
  onFit: () => void;
  isFit: boolean;
}

const STEP = 1.25;

export function ZoomControls({ onZoom, onFit, isFit }: Props) {
  return (
    <div className="zoom-controls" role="group" aria-label="Zoom">
      <button type="button" className="icon-button" aria-label="Zoom out" onClick={() => onZoom(1 / STEP)}>
        <Icon name="minus" />
      </button>
      <button
        type="button"
        className="icon-button"
        aria-label="Fit to view"
        aria-pressed={isFit}
        onClick={onFit}
      >
        <Icon name="fit" />
      </button>
      <button type="button" className="icon-button" aria-label="Zoom in" onClick={() => onZoom(STEP)}>
        <Icon name="plus" />
      </button>
    </div>
  );
}
