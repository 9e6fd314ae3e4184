import { parentPort, workerData } from "node:worker_threads";

const loading = import(workerData.app);

parentPort.on("message", async ({ id, method, url, headers }) => {
  const { default: app } = await loading;
  const response = await app.fetch(new Request(url, { method, headers }));
  const body = await response.text();
  parentPort.postMessage({ id, status: response.status, headers: [...response.headers].flat(), body });
});
