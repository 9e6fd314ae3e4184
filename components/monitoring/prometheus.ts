import { ALERTS_FILE } from "./alerts.ts";

/** A set of addresses that Prometheus asks for `/metrics`, all of one kind. */
export interface ScrapeJob {
  readonly job: string;
  /** Parameters of the page: `?no-maint`. Default: none. */
  readonly params?: readonly string[];
  readonly targets: readonly { readonly address: string; readonly port: number; readonly region: string | null }[];
}

const SCRAPE_INTERVAL = "5s";

/** Prometheus' configuration: JSON, which is YAML too, so that no value needs quoting rules. */
export function renderPrometheus(fleet: string, jobs: readonly ScrapeJob[]): string {
  const config = {
    global: { scrape_interval: SCRAPE_INTERVAL, evaluation_interval: SCRAPE_INTERVAL, external_labels: { fleet } },
    rule_files: [ALERTS_FILE],
    scrape_configs: jobs.map(({ job, params = [], targets }) => ({
      job_name: job,
      ...(params.length === 0 ? {} : { params: Object.fromEntries(params.map((name) => [name, [""]])) }),
      // The runner says its region itself.
      honor_labels: true,
      static_configs: targets.map(({ address, port, region }) => ({
        targets: [`${address}:${port}`],
        ...(region === null ? {} : { labels: { region } }),
      })),
    })),
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}
