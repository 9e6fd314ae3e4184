import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MEASURES, parseOptions } from "./options.ts";

const CANDIDATES = ["workerd", "workerd-loader", "node:http"];

describe("options of the benchmark", () => {
  it("measure everything, and then alone the documents are written", () => {
    const { measures, candidates, isWhole } = parseOptions([], CANDIDATES);
    assert.deepEqual(measures, MEASURES);
    assert.equal(candidates, undefined);
    assert.equal(isWhole, true);
    for (const args of [["--quick"], ["--only", "workerd"], ["--only", "memory"], ["--rounds", "1"]])
      assert.equal(parseOptions(args, CANDIDATES).isWhole, false, args.join(" "));
  });

  it("choose measures and candidates with one list", () => {
    const { measures, candidates } = parseOptions(["--only", "coldStarts,workerd-loader,memory"], CANDIDATES);
    assert.deepEqual(measures, ["coldStarts", "memory"]);
    assert.deepEqual(candidates, ["workerd-loader"]);
  });

  it("that are wrong are named, with what there is", () => {
    assert.throws(
      () => parseOptions(["--only", "memory,hhvm"], CANDIDATES),
      /--only names hhvm: known are throughput, coldStarts, memory, warmRatio, workerd, workerd-loader, node:http/,
    );
    assert.throws(() => parseOptions(["--rounds", "0"], CANDIDATES), /--rounds is 0: give an integer from 1 to 100/);
    assert.throws(() => parseOptions(["--fast"], CANDIDATES), /--fast/);
  });
});
