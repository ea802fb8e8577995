import { DatabaseError } from '../errors.js';
import {
  loadEngine,
  type Failure,
  type OfflineEngine,
  type Outcome,
  type Sent,
  type Steps,
} from './engine.js';
import type { Host, Plan } from './host.js';

/** The parts of the user's session that sending needs. */
interface Writes {
  /** Whether this tab leads, and the user is still signed in. */
  readonly maySend: boolean;
  isSignedIn(): Promise<boolean>;
  send(plan: Plan, isResent: boolean): Promise<unknown>;
  step<Name extends keyof Steps>(name: Name, input: Steps[Name][0]): Promise<Steps[Name][1]>;
  /** Performs the step `begin`, unless another tab is the leader by now. */
  begin(): Promise<Sent | null>;
}

/** Sends the writes of one user, while this tab is the leader. The engine decides when. */
export class FlushDriver {
  private flusher: InstanceType<OfflineEngine['Flusher']> | undefined;
  isLeader = false;
  private isOnline = true;
  private pending = 0;
  /** Whether the database may contain writes marked as `sending` that no tab is sending. */
  private hasLeftovers = true;
  /** Whether the last write could not be sent. */
  private isCutOff = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private resting: (() => void)[] = [];
  private isEnded = false;

  /** @param onChange called when a write is sent or was answered */
  constructor(
    private readonly writes: Writes,
    private readonly host: Pick<Host, 'recovered'>,
    private readonly onChange: () => void,
  ) {}

  get isFlushing(): boolean {
    return this.flusher?.isFlushing(performance.now()) ?? false;
  }

  setLeader(isLeader: boolean): void {
    this.isLeader = isLeader;
    this.hasLeftovers ||= isLeader;
    this.update();
  }

  setOnline(isOnline: boolean): void {
    this.isOnline = isOnline;
    this.update();
  }

  setPending(pending: number): void {
    this.pending = pending;
    this.update();
  }

  /** Sends now. Resolves when nothing is left to send, or when sending must wait. */
  flush(): Promise<void> {
    const rested = new Promise<void>((resolve) => this.resting.push(resolve));
    this.flusher?.flush();
    this.update();
    return rested;
  }

  /** Nothing is being sent, either here or in the leader. */
  rested(): void {
    this.resting.splice(0).forEach((resolve) => resolve());
  }

  end(): void {
    this.isEnded = true;
    clearTimeout(this.timer);
    this.rested();
    this.flusher?.free();
    this.flusher = undefined;
  }

  private update(): void {
    if (this.isEnded) return;
    if (this.flusher === undefined) {
      if (this.pending > 0 && this.isLeader) void this.start();
      else if (this.pending === 0) this.rested();
      return;
    }
    this.flusher.setOnline(this.isOnline);
    this.flusher.setLeader(this.isLeader);
    this.flusher.setPending(this.pending);
    this.poll();
  }

  private async start(): Promise<void> {
    const { Flusher } = await loadEngine();
    if (this.isEnded || this.flusher !== undefined) return;
    this.flusher = new Flusher();
    // `flush` was called in the meantime.
    if (this.resting.length > 0) this.flusher.flush();
    this.update();
  }

  private poll(): void {
    clearTimeout(this.timer);
    const ms = this.flusher?.poll(performance.now());
    if (ms === undefined) return;
    if (ms === 0) void this.send();
    else if (ms > 0) this.timer = setTimeout(() => this.poll(), ms);
    if (!this.isFlushing && (this.isLeader || this.pending === 0)) this.rested();
    this.onChange();
  }

  private async send(): Promise<void> {
    const outcome = await this.attempt().catch(() => 'retry' as const);
    if (outcome === 'retry') this.isCutOff = true;
    else if (this.isCutOff && outcome !== 'idle') {
      this.isCutOff = false;
      this.host.recovered();
    }
    this.flusher?.settled(outcome, performance.now(), Math.random());
    this.poll();
  }

  private async attempt(): Promise<Outcome | 'idle'> {
    // The last known user may have signed out, or another user may have signed in.
    if (!(await this.writes.isSignedIn())) return 'retry';
    if (this.hasLeftovers) await this.writes.step('recover', null);
    this.hasLeftovers = false;
    const sent = await this.writes.begin();
    if (sent === null) return 'idle';
    // Until the response is on disk, the write counts as interrupted.
    this.hasLeftovers = true;
    // While the mark was written, another tab may have taken over.
    if (!this.writes.maySend) return 'idle';
    const outcome = await this.writes.step('settle', await this.answerTo(sent));
    this.hasLeftovers = false;
    return outcome;
  }

  private async answerTo({ id, attempt, plan, isResent }: Sent): Promise<Steps['settle'][0]> {
    try {
      const row = (await this.writes.send(plan, isResent)) as { updated_at?: unknown } | null | undefined;
      const updatedAt = typeof row?.updated_at === 'string' ? row.updated_at : null;
      return { id, attempt, error: null, updatedAt };
    } catch (error) {
      return { id, attempt, error: failureOf(error), updatedAt: null };
    }
  }
}

/** An error as JSON, without rows. */
function failureOf(error: unknown): Failure {
  if (!(error instanceof DatabaseError)) return { code: 'UNKNOWN_ERROR', message: String(error) };
  const { code, message, status, retryable, details, hint } = error;
  return { code, message, status, retryable, details, hint };
}
