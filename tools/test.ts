import { check } from '#tools/check.ts'
import { runStep } from '#tools/steps.ts'
import {
  add,
  atLeastOneIf,
  type Counts,
  clearResults,
  conclude,
  failure,
  readReport,
  reportFile,
  vitest,
} from '#tools/test-counts.ts'

const full = process.argv.includes('--full')

/**
 * `npm test`: checks, unit and property tests, integration, end to end by REST and Kafka clients, and a real browser.
 * Everything runs even when something failed; the last line counts.
 */
async function main(): Promise<void> {
  clearResults()
  const env: Record<string, string> = full ? { SLUICE_TEST_FULL: '1' } : {}
  const checked = await check()
  const counts: Counts = { passed: checked ? 1 : 0, failed: checked ? 0 : 1, skipped: [] }
  for (const project of ['unit', 'integration', 'e2e']) add(counts, await vitest(project, env))
  add(counts, await browser(env))
  conclude(counts)
}

async function browser(env: Record<string, string>): Promise<Counts> {
  const file = reportFile('browser')
  const ok = await runStep('browser', 'node_modules/@playwright/test/cli.js', ['test', '--reporter=list,json'], {
    CHROME_PATH: 'packaged',
    PLAYWRIGHT_JSON_OUTPUT_FILE: file,
    ...env,
  })
  const report = readReport<{ stats: { expected: number; unexpected: number; skipped: number; flaky: number } }>(file)
  if (!report) return failure()
  const { expected, unexpected, skipped, flaky } = report.stats
  return {
    passed: expected,
    failed: atLeastOneIf(!ok, unexpected + flaky),
    skipped: Array.from({ length: skipped }, () => 'a browser test'),
  }
}

await main()
