import type { ComponentProps } from 'react';

type Props = ComponentProps<'button'> & { isPending: boolean };

/** A button whose work takes a moment: it says so, and takes no second click meanwhile. It keeps the focus. */
export function PendingButton({ isPending, onClick, children, type = 'button', ...rest }: Props) {
  return (
    <button
      {...rest}
      type={type}
      aria-disabled={isPending || undefined}
      aria-busy={isPending || undefined}
      onClick={(event) => {
        if (isPending) event.preventDefault();
        else onClick?.(event);
      }}
    >
      {isPending && <span className="spinner" aria-hidden="true" />}
      {children}
    </button>
  );
}
