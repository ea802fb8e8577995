interface Props {
  isNew: boolean;
  onSwitch: () => void;
}

/** Switches between signing in and signing up. */
export function SwitchMode({ isNew, onSwitch }: Props) {
  return (
    <p className="switch-mode">
      {isNew ? 'You have an account?' : 'New here?'}{' '}
      <button type="button" className="link" onClick={onSwitch}>
        {isNew ? 'Sign in instead' : 'Create an account'}
      </button>
    </p>
  );
}
