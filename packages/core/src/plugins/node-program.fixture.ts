import { build } from 'esbuild';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** A program on sources of this folder, run by Node itself: Jest finds and loads modules in a way of its own. */
export class NodeProgram {
  private constructor(private readonly file: string) {}

  /** @param source may await; prints its result as JSON */
  static async build(folder: string, source: string): Promise<NodeProgram> {
    const file = join(folder, 'program.mjs');
    await build({
      stdin: { contents: source, resolveDir: import.meta.dirname, loader: 'ts' },
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile: file,
    });
    return new NodeProgram(file);
  }

  run(...words: readonly string[]): unknown {
    const env = { ...process.env, NODE_OPTIONS: '' };
    const options = { encoding: 'utf8', env, timeout: 20_000 } as const;
    return JSON.parse(execFileSync(process.execPath, [this.file, ...words], options));
  }
}
