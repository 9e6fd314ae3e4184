import { BODIES } from "./cases/bodies.ts";
import { CREDENTIALS } from "./cases/credentials.ts";
import { KEPT } from "./cases/kept.ts";
import { NORMALISING } from "./cases/normalising.ts";
import { PURGING } from "./cases/purging.ts";
import { RULES } from "./cases/rules.ts";
import { STALE } from "./cases/stale.ts";
import { TOGETHER } from "./cases/together.ts";
import { NODE } from "./nodeFixture.ts";
import { behaviours } from "./varnishTest.ts";

behaviours("what the cache keeps", NODE, KEPT);
behaviours("cookies and authorisations", NODE, CREDENTIALS);
behaviours("what is the same page", NODE, NORMALISING);
behaviours("bodies", NODE, BODIES);
behaviours("what has expired", NODE, STALE);
behaviours("requests at the same time", NODE, TOGETHER);
behaviours("purging", NODE, PURGING);
behaviours("requests and answers", NODE, RULES);
