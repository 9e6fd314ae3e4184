interface Suite {
  readonly files: readonly string[];
  readonly exclude?: readonly string[];
  /** Test files at once: more than one only where they share neither ports nor processor-bound deadlines. */
  readonly concurrency: number;
}

/** Every suite of the project, in the order in which `npm test` runs them; each is also `npm run test:<name>`. */
export const SUITES: Readonly<Record<string, Suite>> = {
  unit: {
    files: ["{components,runner,functions,tools,test}/**/*.test.{ts,mjs}"],
    exclude: ["**/node_modules/**", "test/fleet/**"],
    concurrency: 2,
  },
  fleet: { files: ["test/fleet/*.test.ts"], concurrency: 1 },
};
