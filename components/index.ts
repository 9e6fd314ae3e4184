export { EdgeComponent, type Transform } from "./component.ts";
export type { FleetConfig, FunctionConfig, RegionConfig } from "./config/fleetConfig.ts";
export { EdgeFleet, type EdgeFleetArgs } from "./fleet.ts";
export type { Region } from "./region.ts";
