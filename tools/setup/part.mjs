// @ts-check

/**
 * One thing that set-up provides, independent of the others: they run side by side.
 * @typedef {object} Part
 * @property {string} name
 * @property {() => string | undefined} missing what there is to do, in a few words; undefined when all is there. Reads a few files, starts nothing.
 * @property {() => void} [ask] asks the user what it must, before any part starts to print
 * @property {(context: PartContext) => Promise<string>} bring does it; answers with what was done, in a few words
 *
 * @typedef {object} PartContext
 * @property {import("./progress.mjs").PartProgress} progress
 * @property {AbortSignal} signal fires when set-up is to stop
 * @property {NodeJS.ProcessEnv} env
 */

export {};
