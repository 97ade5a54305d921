import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { check } from '#tools/check.ts'
import { root, runStep } from '#tools/steps.ts'

interface Counts {
  passed: number
  failed: number
  skipped: string[]
}

const results = join(root, 'test-results')
const full = process.argv.includes('--full')

/**
 * `npm test`: checks, unit and property tests, integration, end to end by REST and Kafka clients, and a real browser.
 * Everything runs even when something failed; the last line counts.
 */
async function main(): Promise<void> {
  rmSync(results, { recursive: true, force: true })
  mkdirSync(results, { recursive: true })
  const env: Record<string, string> = full ? { SLUICE_TEST_FULL: '1' } : {}
  const checked = await check()
  const counts: Counts = { passed: checked ? 1 : 0, failed: checked ? 0 : 1, skipped: [] }
  for (const project of ['unit', 'integration', 'e2e']) add(counts, await vitest(project, env))
  add(counts, await browser(env))

  for (const reason of counts.skipped) console.log(`skipped: ${reason}`)
  const skipped = counts.skipped.length > 0 ? `, ${counts.skipped.length} skipped` : ''
  console.log(`\n${counts.passed} passed, ${counts.failed} failed${skipped}`)
  process.exitCode = counts.failed === 0 ? 0 : 1
}

async function vitest(project: string, env: Record<string, string>): Promise<Counts> {
  const file = join(results, `${project}.json`)
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
  const ok = await runStep(project, 'node_modules/vitest/vitest.mjs', ['run', '--project', project, ...reporters], env)
  const report = readReport<{
    numPassedTests: number
    numFailedTests: number
    testResults: { assertionResults: { status: string; fullName: string }[] }[]
  }>(file)
  if (!report) return failure()
  const skipped = report.testResults
    .flatMap((suite) => suite.assertionResults)
    .filter(({ status }) => status === 'skipped' || status === 'pending' || status === 'todo')
    .map(({ fullName }) => fullName)
  return { passed: report.numPassedTests, failed: atLeastOneIf(!ok, report.numFailedTests), skipped }
}

async function browser(env: Record<string, string>): Promise<Counts> {
  const file = join(results, 'browser.json')
  const ok = await runStep('browser', 'node_modules/@playwright/test/cli.js', ['test'], {
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

/** A runner that failed without naming a test (a crash, a missing browser) counts as one failure. */
const atLeastOneIf = (failed: boolean, count: number) => (failed ? Math.max(1, count) : count)
const failure = (): Counts => ({ passed: 0, failed: 1, skipped: [] })

function add(total: Counts, more: Counts) {
  total.passed += more.passed
  total.failed += more.failed
  total.skipped.push(...more.skipped)
}

function readReport<Report>(file: string): Report | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Report
  } catch {
    return undefined
  }
}

await main()
