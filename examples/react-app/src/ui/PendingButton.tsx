import type { ComponentProps } from 'react';

type Props = ComponentProps<'button'> & { isPending: boolean };

/** A button for work that takes a moment: it shows that, ignores further clicks and keeps the focus. */
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
