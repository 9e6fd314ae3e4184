/** What a worker exits with when its router is gone: nothing is wrong with it, and it begins again with the next router. */
export const ROUTER_GONE_EXIT = 75;
