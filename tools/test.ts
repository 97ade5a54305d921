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
 * Everything runs even when something failed; the last line counts. What failed among real processes is tried once more:
 * a test that passes only then is named as flaky.
 */
async function main(): Promise<void> {
  clearResults()
  const env: Record<string, string> = full ? { SLUICE_TEST_FULL: '1' } : {}
  const checked = await check()
  const counts: Counts = { passed: checked ? 1 : 0, failed: checked ? 0 : 1, skipped: [], flaky: [] }
  add(counts, await vitest('unit', env))
  for (const project of ['integration', 'e2e']) add(counts, await vitest(project, env, { secondTry: true }))
  add(counts, await browser(env))
  conclude(counts)
}

async function browser(env: Record<string, string>): Promise<Counts> {
  const file = reportFile('browser')
  const ok = await runStep(
    'browser',
    'node_modules/@playwright/test/cli.js',
    ['test', '--retries=1', '--reporter=list,json'],
    {
      CHROME_PATH: 'packaged',
      PLAYWRIGHT_JSON_OUTPUT_FILE: file,
      ...env,
    },
  )
  const report = readReport<{ suites: BrowserSuite[] }>(file)
  if (!report) return failure()
  const counts: Counts = { passed: 0, failed: 0, skipped: [], flaky: [] }
  for (const { title, status } of report.suites.flatMap(testsOf)) {
    if (status === 'unexpected') counts.failed++
    else if (status === 'skipped') counts.skipped.push(title)
    else counts.passed++
    if (status === 'flaky') counts.flaky.push(title)
  }
  return { ...counts, failed: atLeastOneIf(!ok, counts.failed) }
}

/** Of Playwright's report: tests stand in specs, specs in suites, suites in suites. */
interface BrowserSuite {
  suites?: BrowserSuite[]
  specs?: { title: string; tests: { status: 'expected' | 'unexpected' | 'flaky' | 'skipped' }[] }[]
}

function testsOf({ suites = [], specs = [] }: BrowserSuite): { title: string; status: string }[] {
  const own = specs.flatMap(({ title, tests }) => tests.map(({ status }) => ({ title, status })))
  return [...own, ...suites.flatMap(testsOf)]
}

await main()
