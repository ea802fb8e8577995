interface Props {
  email: string;
  onBack: () => void;
}

export function CheckInbox({ email, onBack }: Props) {
  return (
    <div role="status">
      <h2>Check your inbox</h2>
      <p>
        We sent a link to <strong>{email}</strong>. It confirms your address and signs you in.
      </p>
      <button type="button" className="button" onClick={onBack}>
        Back
      </button>
    </div>
  );
}
