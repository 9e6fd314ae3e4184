import { defineCommand } from "../command.ts";
import { completionScript, SHELLS } from "../completion.ts";
import { loadAll } from "../registry.ts";

/** `edge completion <shell>` */
export const completion = defineCommand({
  summary: "print the shell's completion script",
  args: { shell: { summary: `one of ${SHELLS.join(", ")}`, arity: "required" } },
  options: {},
  examples: [
    { line: "completion bash >> ~/.bashrc", meaning: "bash" },
    { line: "completion zsh > ~/.zfunc/_edge", meaning: "zsh, with ~/.zfunc in fpath" },
    { line: "completion fish > ~/.config/fish/completions/edge.fish", meaning: "fish" },
  ],
  async run({ out, oneOf }, { args }) {
    const shell = oneOf("shell", args.shell, SHELLS) as (typeof SHELLS)[number];
    const script = completionScript(shell, await loadAll());
    out.show({ shell, script }, () => script);
  },
});
