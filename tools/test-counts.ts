import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { root, runStep } from '#tools/steps.ts'

export interface Counts {
  passed: number
  failed: number
  skipped: string[]
}

const results = join(root, 'test-results')

/** Begins a run: reports of an earlier one must not be taken for its own. */
export function clearResults(): void {
  rmSync(results, { recursive: true, force: true })
  mkdirSync(results, { recursive: true })
}

/** Where a runner puts the report by which its tests are counted. */
export const reportFile = (name: string): string => join(results, `${name}.json`)

/** Runs a project of vitest, all of it or the files whose paths contain one of `paths`. */
export async function vitest(
  project: string,
  env: Record<string, string>,
  paths: readonly string[] = [],
): Promise<Counts> {
  const file = reportFile(project)
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
  const args = ['run', '--project', project, ...reporters, ...paths]
  const ok = await runStep(project, 'node_modules/vitest/vitest.mjs', args, env)
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

/** A runner that failed without naming a test (a crash, a missing browser) counts as one failure. */
export const atLeastOneIf = (failed: boolean, count: number) => (failed ? Math.max(1, count) : count)
export const failure = (): Counts => ({ passed: 0, failed: 1, skipped: [] })

export function add(total: Counts, more: Counts): void {
  total.passed += more.passed
  total.failed += more.failed
  total.skipped.push(...more.skipped)
}

export function readReport<Report>(file: string): Report | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Report
  } catch {
    return undefined
  }
}

/** The last lines of a run: each skip with its reason, then the counts. A failure makes the exit code 1. */
export function conclude(counts: Counts): void {
  for (const reason of counts.skipped) console.log(`skipped: ${reason}`)
  const skipped = counts.skipped.length > 0 ? `, ${counts.skipped.length} skipped` : ''
  console.log(`\n${counts.passed} passed, ${counts.failed} failed${skipped}`)
  process.exitCode = counts.failed === 0 ? 0 : 1
}
