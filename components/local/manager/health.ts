import http from "node:http";
import net from "node:net";
import type { HealthCheck } from "./spec.ts";

const CHECK_TIMEOUT_MS = 1_000;

/** One check, never throws: true when the service answered as it should within a second. */
export function isHealthy(check: HealthCheck): Promise<boolean> {
  switch (check.kind) {
    case "http":
      return answers2xx({ host: check.host, port: check.port, path: check.path });
    case "http-socket":
      return answers2xx({ socketPath: check.socket, path: check.path });
    case "tcp":
      return accepts(check.host, check.port);
  }
}

function answers2xx(target: http.RequestOptions): Promise<boolean> {
  return new Promise((resolve) => {
    const request = http.get({ ...target, agent: false, timeout: CHECK_TIMEOUT_MS }, (response) => {
      const status = response.statusCode ?? 0;
      response.resume();
      resolve(status >= 200 && status < 300);
    });
    request.on("timeout", () => request.destroy());
    request.on("error", () => resolve(false));
    request.on("close", () => resolve(false));
  });
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port, timeout: CHECK_TIMEOUT_MS });
    const settle = (healthy: boolean) => {
      socket.destroy();
      resolve(healthy);
    };
    socket.on("connect", () => settle(true));
    socket.on("timeout", () => settle(false));
    socket.on("error", () => settle(false));
  });
}
