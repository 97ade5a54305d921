import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { root } from '#tools/steps.ts'

/**
 * Replays what Kafka Connect 4.3.1 was recorded to do, as functions: `npm run oracle`. Prints for each file how many cases
 * passed and failed, and of each failure its id with what was expected and what came. `SLUICE_ORACLE_DIR` names a folder of
 * recordings in place of the project's own copies.
 */
const suites: Readonly<Record<string, readonly string[]>> = {
  'converters.jsonl': [
    'server/converters/byte-array-converter.oracle.test.ts',
    'server/converters/json-converter.oracle.test.ts',
    'server/converters/number-converters.oracle.test.ts',
    'server/converters/simple-header-converter.oracle.test.ts',
    'server/converters/string-converter.oracle.test.ts',
  ],
  'values.jsonl': ['server/converters/values.oracle.test.ts', 'server/sdk/schemas.oracle.test.ts'],
  'files.jsonl': ['server/connectors/file/recorded.test.ts'],
}

/** These replay a whole file in one test, and print what became of it themselves. */
const inOneTest = [
  'server/sdk/value-conversion.oracle.test.ts',
  'server/transforms/transforms.oracle.test.ts',
  'server/bin/configdef.oracle.test.ts',
]

interface Report {
  testResults: { name: string; assertionResults: { title: string; status: string; failureMessages: string[] }[] }[]
}

async function run(files: readonly string[]): Promise<{ report: Report; output: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-oracle-'))
  const file = join(folder, 'report.json')
  const args = ['run', '--project', 'unit', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
  const child = spawn(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), ...args, ...files], {
    cwd: root,
    env: { ...process.env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  for await (const text of child.stdout.setEncoding('utf8')) output += text
  try {
    return { report: JSON.parse(readFileSync(file, 'utf8')), output }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const { report, output } = await run([...Object.values(suites).flat(), ...inOneTest])
const resultsOf = (files: readonly string[]) =>
  report.testResults
    .filter(({ name }) => files.includes(relative(root, name)))
    .flatMap(({ assertionResults }) => assertionResults)
const failuresOf = (files: readonly string[]) => resultsOf(files).filter(({ status }) => status !== 'passed')

let failed = 0
for (const [recording, files] of Object.entries(suites)) {
  const failures = failuresOf(files)
  for (const { title, failureMessages } of failures) console.log(`${title}\n  ${failureMessages.join('\n  ')}`)
  console.log(`${recording}: ${resultsOf(files).length - failures.length} passed, ${failures.length} failed`)
  failed += failures.length
}
for (const { failureMessages } of failuresOf(inOneTest)) console.log(failureMessages.join('\n'))
for (const line of output.split('\n')) if (/^\w+\.jsonl.*: \d+ passed/.test(line)) console.log(line)
failed += failuresOf(inOneTest).length
process.exitCode = failed > 0 ? 1 : 0
