import { useId } from 'react';
import type { Side } from './conflicts';

interface Props {
  subject: string;
  theirs: string;
  mine: string;
  side: Side;
  onChoose: (side: Side) => void;
}

/** One conflict, with the choice of the version to keep. */
export function ConflictChoice({ subject, theirs, mine, side, onChoose }: Props) {
  const group = useId();
  const versions: [Side, string][] = [
    ['theirs', `Theirs: ${theirs}`],
    ['mine', `Mine: ${mine}`],
  ];
  return (
    <fieldset className="conflict">
      <legend>{subject}</legend>
      {versions.map(([value, text]) => (
        <label key={value} className="check">
          <input type="radio" name={group} checked={side === value} onChange={() => onChoose(value)} />
          {text}
        </label>
      ))}
    </fieldset>
  );
}
