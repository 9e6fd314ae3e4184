import events from "events/";

export const { EventEmitter, once } = events;
export const { defaultMaxListeners } = events;
export const listenerCount = (emitter: InstanceType<typeof events>, name: string | symbol) =>
  emitter.listenerCount(name);
export default events;
