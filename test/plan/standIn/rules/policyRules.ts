import type { Rule } from "./ruleParts.ts";

interface Statement {
  readonly Effect?: unknown;
  readonly Principal?: unknown;
  readonly Action?: unknown;
  readonly Resource?: unknown;
  readonly Condition?: Readonly<Record<string, unknown>>;
}

/** Characters of all policies that are written into one role. */
const ROLE_POLICY_CHARS = 10_240;
const TRUST_POLICY_CHARS = 2_048;

const ARN = /^(\*|arn:aws:[a-z0-9-]+:[a-z0-9*-]*:(\d{12}|\*|aws)?:\S+)$/;
const ACTION = /^(\*|[a-z0-9-]+:[A-Za-z*]+)$/;
const OPERATOR =
  /^(ForA(ll|ny)Values?:)?(String|Arn|Numeric|Date|Bool|IpAddress|NotIpAddress|Null)[A-Za-z]*(IfExists)?$/;

/** A role's own policy: who may use it is the role's to say. */
export const rolePolicy = (at: string) => policy(at, ROLE_POLICY_CHARS, { principal: false, resource: true });
/** A resource's policy: of a bucket, a key, a repository. */
export const resourcePolicy = (at: string) => policy(at, 20_480, { principal: true, resource: true });
/** Who may take a role on. */
export const trustPolicy = (at: string) => policy(at, TRUST_POLICY_CHARS, { principal: true, resource: false });

function policy(at: string, mostChars: number, has: { readonly principal: boolean; readonly resource: boolean }): Rule {
  return (values) => {
    const text = values[at];
    if (typeof text !== "string" || !text.startsWith("{")) return null;
    const { Version, Statement } = JSON.parse(text) as { Version?: string; Statement?: Statement[] };
    if (Version !== "2012-10-17") return `${at} has the version ${Version}`;
    if (text.length > mostChars) return `${at} has ${text.length} characters; Amazon takes ${mostChars}`;
    for (const [index, statement] of (Statement ?? []).entries()) {
      const problem = statementProblem(statement, has);
      if (problem !== null) return `${at}, statement ${index}: ${problem}`;
    }
    return Statement === undefined || Statement.length === 0 ? `${at} has no statement` : null;
  };
}

function statementProblem(statement: Statement, has: { readonly principal: boolean; readonly resource: boolean }) {
  const { Effect, Principal, Action, Resource, Condition = {} } = statement;
  const list = (value: unknown) => (Array.isArray(value) ? value : [value]) as readonly unknown[];
  if (Effect !== "Allow" && Effect !== "Deny") return `its effect is ${Effect}`;
  if ((Principal !== undefined) !== has.principal) return has.principal ? "it names nobody" : "it cannot name anybody";
  if ((Resource !== undefined) !== has.resource)
    return has.resource ? "it names no resource" : "it cannot name a resource";
  const action = list(Action).find((name) => !ACTION.test(String(name)));
  if (action !== undefined) return `${action} is no action`;
  const resource = has.resource ? list(Resource).find((arn) => !ARN.test(String(arn))) : undefined;
  if (resource !== undefined) return `${resource} is no ARN`;
  const operator = Object.keys(Condition).find((name) => !OPERATOR.test(name));
  return operator === undefined ? null : `${operator} is no operator of conditions`;
}
