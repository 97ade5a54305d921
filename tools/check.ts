import { ensureBuilt } from '#server/bin/ensure-built.ts'
import { runStep } from '#tools/steps.ts'

/** Format, lint, types, dead code and generated pages: `npm run check`. All are run, so that one run shows everything. */
export async function check(): Promise<boolean> {
  await ensureBuilt('client', (line) => console.log(line))
  const results = [
    await runStep('format and lint', 'node_modules/@biomejs/biome/bin/biome', ['check', '--error-on-warnings', '.']),
    await runStep('types', 'node_modules/typescript/bin/tsc', []),
    await runStep('unused code', 'node_modules/knip/bin/knip.js', ['--no-config-hints']),
    await runStep('docker-compose.yml', 'node_modules/dclint/bin/dclint.cjs', ['docker-compose.yml']),
    await runStep('generated pages', 'tools/docs.ts', ['--check']),
  ]
  return results.every((ok) => ok)
}

if (import.meta.main || process.argv[1]?.endsWith('tools/check.ts')) process.exitCode = (await check()) ? 0 : 1
