import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Checkout, REGIONS } from "../checkout.ts";
import { dig, request, until } from "../client.ts";

/** What clients see of a fleet that runs. */
export function serving(checkout: Checkout): void {
  describe("geo DNS", () => {
    it("answers clients of three continents with three regions, and others with the default", async () => {
      assert.equal(await dig(checkout, "198.51.100.0/24"), checkout.address("ap-northeast-1"));
      assert.equal(await dig(checkout, "203.0.113.0/24"), checkout.address("eu-central-1"));
      assert.equal(await dig(checkout, "192.0.2.0/24"), checkout.address("us-east-1"));
      assert.equal(await dig(checkout, "100.64.0.0/24"), checkout.address("us-east-1"));
    });

    it("answers any name of the domain, and a region's own name with that region wherever the client is", async () => {
      assert.equal(await dig(checkout, "203.0.113.0/24", "www.edge.test"), checkout.address("eu-central-1"));
      assert.equal(await dig(checkout, "203.0.113.0/24", "us-east-1.geo.edge.test"), checkout.address("us-east-1"));
    });
  });

  describe("every region", () => {
    for (const region of REGIONS) {
      it(`answers HTTP/2 requests itself: ${region}`, async () => {
        const answer = await request(checkout, region, "/geo");
        assert.equal(answer.status, 200, answer.body);
        assert.equal(JSON.parse(answer.body).region, region);
        assert.match(answer.headers["server-timing"] ?? "", new RegExp(region));
        assert.equal(answer.headers["x-edge-region"], region);
        assert.match(answer.headers["x-cache"] ?? "", /^(MISS|PASS)$/);
        assert.match(answer.headers["x-request-id"] ?? "", /^[0-9a-f-]{36}$/);
      });
    }

    it("knows a client's country from the database, and says XX where it does not", async () => {
      const country = async (from: string) =>
        JSON.parse((await request(checkout, "eu-central-1", "/geo", { from })).body).country;
      assert.equal(await country("127.0.2.1"), "JP");
      assert.equal(await country("127.0.3.1"), "DE");
      assert.equal(await country("127.0.99.1"), "XX");
    });

    it("believes no client that says where it is", async () => {
      const headers = { "x-edge-country": "JP", "x-edge-client-ip": "198.51.100.7", "x-edge-region": "moon" };
      const answer = JSON.parse((await request(checkout, "eu-central-1", "/geo", { from: "127.0.3.1", headers })).body);
      assert.deepEqual([answer.country, answer.clientIp, answer.region], ["DE", "127.0.3.1", "eu-central-1"]);
    });

    it("lets no client drop the trusted headers by naming them in Connection", async () => {
      const { output } = await checkout.run("curl", [
        ...["--silent", "--http1.1", "--interface", "127.0.3.1", "--cacert", ".edge/state/certificates/ca.pem"],
        ...["--resolve", `edge.test:${checkout.ports.https}:${checkout.address("eu-central-1")}`],
        ...["--header", "connection: keep-alive, x-edge-country, x-edge-client-ip, x-request-id"],
        `https://edge.test:${checkout.ports.https}/geo`,
      ]);
      const { country, clientIp } = JSON.parse(output);
      assert.deepEqual([country, clientIp], ["DE", "127.0.3.1"]);
    });

    it("runs an npm application behind a wildcard route", async () => {
      const listed = await request(checkout, "us-east-1", "/api/todos");
      assert.equal(listed.status, 200, listed.body);
      const headers = { "content-type": "application/json" };
      const wrong = await request(checkout, "us-east-1", "/api/todos", {
        method: "POST",
        headers,
        body: '{"title":""}',
      });
      assert.equal(wrong.status, 400, wrong.body);
    });

    it("answers an unknown path with a typed 404", async () => {
      const answer = await request(checkout, "us-east-1", "/nothing-here");
      assert.equal(answer.status, 404);
      assert.equal(JSON.parse(answer.body).error.code, "ERR_NO_ROUTE");
    });
  });

  describe("the cache", () => {
    it("answers the second GET itself, with its age, as long as cache-control allows", async () => {
      const first = await request(checkout, "us-east-1", "/proxy/time?case=hit");
      const second = await request(checkout, "us-east-1", "/proxy/time?case=hit");
      assert.deepEqual([first.headers["x-cache"], second.headers["x-cache"]], ["MISS", "HIT"]);
      assert.equal(first.body, second.body);
      assert.match(second.headers["server-timing"] ?? "", /cache;desc=HIT/);
      assert.ok(second.headers.age !== undefined);
    });

    it("asks again after max-age", async () => {
      const page = "/proxy/brief";
      const first = await request(checkout, "us-east-1", page);
      assert.equal(first.status, 200, first.body);
      await until(
        "another answer after max-age",
        60_000,
        async () => (await request(checkout, "us-east-1", page)).body !== first.body,
      );
    });

    for (const [what, page, status] of [
      ["private responses", "/proxy/private", 200],
      ["responses that set a cookie", "/proxy/cookie", 200],
      ["no-store responses", "/proxy/no-store", 200],
      ["errors", "/proxy/error", 500],
    ] as const) {
      it(`keeps no ${what}`, async () => {
        const hits = async () => {
          const answer = await request(checkout, "us-east-1", page);
          assert.equal(answer.status, status, answer.body);
          assert.notEqual(answer.headers["x-cache"], "HIT");
          return JSON.parse(answer.body).hits as number;
        };
        const first = await hits();
        assert.equal(await hits(), first + 1, "the second request did not reach the origin");
      });
    }

    it("is each region's own", async () => {
      await request(checkout, "us-east-1", "/proxy/time?case=own");
      const elsewhere = await request(checkout, "eu-central-1", "/proxy/time?case=own");
      assert.equal(elsewhere.headers["x-cache"], "MISS");
    });
  });

  describe("Prometheus", () => {
    it("scrapes every part of every region", async () => {
      const url = `http://${checkout.hub}:${checkout.ports.prometheus}/api/v1/query?query=up`;
      const up = async () => {
        const answer = (await (await fetch(url)).json()) as {
          data: { result: { metric: { job: string; region?: string }; value: [number, string] }[] };
        };
        return answer.data.result
          .filter(({ value }) => value[1] === "1")
          .map(({ metric }) => `${metric.job} ${metric.region ?? ""}`.trim());
      };
      const jobs = ["haproxy", "varnish", "runner", "agent"];
      const wanted = ["prometheus", ...jobs.flatMap((job) => REGIONS.map((region) => `${job} ${region}`))].sort();
      await until(
        "every target is up",
        60_000,
        async () => JSON.stringify((await up()).sort()) === JSON.stringify(wanted),
      );
    });
  });
}
