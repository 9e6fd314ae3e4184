import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fillPlaces, type Place, readPlaces } from "./places.ts";

const PORT = 8444;
const place = (number: number, address: string, isIn = true): Place => ({ name: `sibling${number}`, address, isIn });
const EMPTY = [1, 2, 3].map((number) => place(number, "127.0.0.1", false));
const entering = (number: number, address: string) => [
  `set server farm/sibling${number} addr ${address} port ${PORT}`,
  `set server siblings/sibling${number} addr ${address} port ${PORT}`,
  `set server farm/sibling${number} state ready`,
];

describe("readPlaces", () => {
  const HEADER = "# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight";

  it("takes names, addresses and whether they are in use, and leaves other servers alone", () => {
    const lines = [
      "2 farm 1 sibling1 10.0.0.1 2 4 1",
      "2 farm 2 sibling2 127.0.0.1 0 5 1",
      "2 farm 3 us-east-1-1 - 0 32 1",
    ];
    assert.deepEqual(readPlaces(`1\n${HEADER}\n${lines.join("\n")}\n\n`), [
      place(1, "10.0.0.1"),
      place(2, "127.0.0.1", false),
    ]);
  });

  it("refuses what is no list of servers", () => {
    for (const answer of ["", "Can't find backend.\n", "2\n# x\n"])
      assert.throws(() => readPlaces(answer), /told no servers/);
  });
});

describe("fillPlaces", () => {
  it("gives each address a place", () => {
    assert.deepEqual(fillPlaces(EMPTY, ["10.0.0.1", "10.0.0.2"], PORT), [
      ...entering(1, "10.0.0.1"),
      ...entering(2, "10.0.0.2"),
    ]);
  });

  it("has nothing to do when all are in", () => {
    assert.deepEqual(
      fillPlaces(
        [place(1, "10.0.0.2"), place(2, "10.0.0.1"), place(3, "127.0.0.1", false)],
        ["10.0.0.1", "10.0.0.2"],
        PORT,
      ),
      [],
    );
  });

  it("moves nobody who stays, and gives the place of one that left to one that came", () => {
    const places = [place(1, "10.0.0.1"), place(2, "10.0.0.2"), place(3, "10.0.0.3")];
    assert.deepEqual(fillPlaces(places, ["10.0.0.3", "10.0.0.4", "10.0.0.1"], PORT), [
      "set server farm/sibling2 state maint",
      ...entering(2, "10.0.0.4"),
    ]);
  });

  it("empties all places for an empty list", () => {
    assert.deepEqual(fillPlaces([place(1, "10.0.0.1"), place(2, "127.0.0.1", false)], [], PORT), [
      "set server farm/sibling1 state maint",
    ]);
  });

  it("uses an address once, and no more addresses than there are places", () => {
    const twice = [place(1, "10.0.0.1"), place(2, "10.0.0.1"), place(3, "127.0.0.1", false)];
    assert.deepEqual(fillPlaces(twice, ["10.0.0.1"], PORT), ["set server farm/sibling2 state maint"]);
    const four = ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"];
    assert.deepEqual(
      fillPlaces(EMPTY, four, PORT).filter((command) => command.includes("10.0.0.4")),
      [],
    );
  });
});
