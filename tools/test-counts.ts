import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { root, runStep } from '#tools/steps.ts'

export interface Counts {
  passed: number
  failed: number
  skipped: string[]
  /** Tests that failed at first and passed when their file ran once more: they count as passed, and are named. */
  flaky: string[]
}

interface VitestReport {
  testResults: {
    name: string
    status: string
    assertionResults: { status: string; fullName: string }[]
  }[]
}

const results = join(root, 'test-results')

/** Begins a run: reports of an earlier one must not be taken for its own. */
export function clearResults(): void {
  rmSync(results, { recursive: true, force: true })
  mkdirSync(results, { recursive: true })
}

/** Where a runner puts the report by which its tests are counted. */
export const reportFile = (name: string): string => join(results, `${name}.json`)

/**
 * Runs a project of vitest, all of it or the files whose paths contain one of `paths`. With `secondTry`, a few files that
 * failed run once more, by themselves: for tests of real processes, whose clocks a busy machine can outrun.
 */
export async function vitest(
  project: string,
  env: Record<string, string>,
  { paths = [], secondTry = false }: { paths?: readonly string[]; secondTry?: boolean } = {},
): Promise<Counts> {
  const first = await runVitest(project, project, env, paths)
  if (!first.report) return failure()
  const failed = first.report.testResults.filter(({ status }) => status === 'failed').map(({ name }) => name)
  if (first.ok || !secondTry || failed.length === 0 || failed.length > mostFilesOfSecondTry) return count(first)
  const again = await runVitest(
    `${project}: second try`,
    project,
    env,
    failed.map((file) => relative(root, file)),
  )
  if (!again.report) return count(first)
  const total = count({ ok: true, report: without(first.report, failed) })
  add(total, count(again))
  const passed = new Set(namesOf(again.report, 'passed'))
  total.flaky.push(...namesOf(first.report, 'failed').filter((name) => passed.has(name)))
  return total
}

/** More files than these fail for a reason that a second try would not find gone. */
const mostFilesOfSecondTry = 4

interface VitestRun {
  ok: boolean
  report: VitestReport | undefined
}

async function runVitest(
  step: string,
  project: string,
  env: Record<string, string>,
  paths: readonly string[],
): Promise<VitestRun> {
  const file = reportFile(step.replaceAll(/\W+/g, '-'))
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
  const args = ['run', '--project', project, ...reporters, ...paths]
  const ok = await runStep(step, 'node_modules/vitest/vitest.mjs', args, env)
  return { ok, report: readReport<VitestReport>(file) }
}

function count({ ok, report }: VitestRun): Counts {
  if (!report) return failure()
  return {
    passed: namesOf(report, 'passed').length,
    failed: atLeastOneIf(!ok, namesOf(report, 'failed').length),
    skipped: namesOf(report, 'skipped', 'pending', 'todo'),
    flaky: [],
  }
}

const namesOf = ({ testResults }: VitestReport, ...statuses: string[]): string[] =>
  testResults
    .flatMap((suite) => suite.assertionResults)
    .filter(({ status }) => statuses.includes(status))
    .map(({ fullName }) => fullName)

const without = ({ testResults }: VitestReport, files: readonly string[]): VitestReport => ({
  testResults: testResults.filter(({ name }) => !files.includes(name)),
})

/** A runner that failed without naming a test (a crash, a missing browser) counts as one failure. */
export const atLeastOneIf = (failed: boolean, count: number) => (failed ? Math.max(1, count) : count)
export const failure = (): Counts => ({ passed: 0, failed: 1, skipped: [], flaky: [] })

export function add(total: Counts, more: Counts): void {
  total.passed += more.passed
  total.failed += more.failed
  total.skipped.push(...more.skipped)
  total.flaky.push(...more.flaky)
}

export function readReport<Report>(file: string): Report | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Report
  } catch {
    return undefined
  }
}

/** The last lines of a run: each skip with its reason, each test that needed a second try, then the counts. A failure makes the exit code 1. */
export function conclude(counts: Counts): void {
  for (const reason of counts.skipped) console.log(`skipped: ${reason}`)
  for (const name of counts.flaky) console.log(`flaky: passed only on its second try: ${name}`)
  const skipped = counts.skipped.length > 0 ? `, ${counts.skipped.length} skipped` : ''
  const flaky = counts.flaky.length > 0 ? `, ${counts.flaky.length} flaky` : ''
  console.log(`\n${counts.passed} passed, ${counts.failed} failed${skipped}${flaky}`)
  process.exitCode = counts.failed === 0 ? 0 : 1
}
