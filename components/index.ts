export type { CloudOutputs, RegionOutputs } from "./aws/cloudOutputs.ts";
export { EdgeComponent, type Transform } from "./component.ts";
export type { FleetConfig, FunctionConfig, RegionConfig } from "./config/fleetConfig.ts";
export { EdgeFleet, type EdgeFleetArgs } from "./fleet.ts";
export { EdgeFunction, type FunctionSummary } from "./functionStore/edgeFunction.ts";
export { FunctionStore, type FunctionStoreArgs } from "./functionStore/functionStore.ts";
export type { Region } from "./region.ts";
