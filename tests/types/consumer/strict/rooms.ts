// Rooms: the application types its own state; the states of others may lack any member.
import {
  getRealtimeManager,
  useRoom,
  type DatabaseError,
  type Member,
  type Room,
  type RoomOptions,
  type SubscriptionStatus,
  type UseRoomResult,
} from 'workflow-db/react';

interface Shown {
  cursor: { x: number; y: number } | null;
  selected: string[];
}

const options: RoomOptions<Shown> = { state: { cursor: null, selected: [] }, name: 'Ada' };
const room: Room<Shown> = getRealtimeManager().joinRoom<Shown>('workflow', options);
const plain: Room = getRealtimeManager().joinRoom('workflow');
const status: SubscriptionStatus = room.status;
const error: DatabaseError | null = room.error;
const members: readonly Member<Shown>[] = room.others;
for (const { userId, name, color, state, since } of members) {
  void ([userId, name, color, since] satisfies string[]);
  void (state.cursor?.x satisfies number | undefined);
  // @ts-expect-error -- a client with another version of the app may lack this member
  void (state.selected satisfies string[]);
  // @ts-expect-error -- the states of others are read-only
  state.cursor = null;
}
room.setState({ cursor: { x: 1, y: 2 } });
// @ts-expect-error -- the state has no such member
room.setState({ curser: null });
plain.setState({ anything: 1 });
const isSent: boolean = room.send('wave', { to: 'all' });
const stops: (() => void)[] = [room.on('wave', (payload: unknown) => void payload), room.subscribe(() => {})];
room.leave();
{
  using left = getRealtimeManager().joinRoom('workflow');
  void left.workflowId;
}

export function Component({ workflowId }: { workflowId: string | null }) {
  const result: UseRoomResult<Shown> = useRoom(workflowId, options.state, { name: 'Ada' });
  const { others, setState, send, on, status: shown } = result;
  setState({ selected: ['a'] });
  // @ts-expect-error -- expects a list of names
  setState({ selected: 'a' });
  const { setState: setAnything } = useRoom(workflowId);
  setAnything({ x: 1 });
  return [others, send, on, shown, status, error, isSent, stops];
}
