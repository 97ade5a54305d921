import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { errorCatalog } from '#server/contract/errors.ts'
import { connectorsPage } from '#tools/connectors-page.ts'
import { convertersPage } from '#tools/converters-page.ts'
import { metricsPage } from '#tools/metrics-page.ts'
import { providersPage } from '#tools/providers-page.ts'
import { openApiPage, restPage } from '#tools/rest-page.ts'
import { root } from '#tools/steps.ts'
import { transformsPage } from '#tools/transforms-page.ts'
import { workerPage } from '#tools/worker-page.ts'

/** Pages that are printed from the code, by their path. `npm run docs` writes what changed; `--check` only compares. */
const pages: Record<string, () => string> = {
  'docs/errors.md': errorsPage,
  'docs/reference/config-providers.md': providersPage,
  'docs/reference/connectors.md': connectorsPage,
  'docs/reference/converters.md': convertersPage,
  'docs/reference/transforms.md': transformsPage,
  'docs/reference/metrics.md': metricsPage,
  'docs/reference/openapi.json': openApiPage,
  'docs/reference/rest.md': restPage,
  'docs/reference/worker.md': workerPage,
}

function errorsPage(): string {
  const rows = Object.entries(errorCatalog).map(([code, { status, hint }]) => `| \`${code}\` | ${status} | ${hint} |`)
  return [
    '# Errors',
    '',
    'Printed from `server/contract/errors.ts` by `npm run docs`. The REST API answers the status and a message in Kafka',
    "Connect's words; the console and the terminal also show the hint.",
    '',
    '| code | status | what to do |',
    '| --- | --- | --- |',
    ...rows,
    '',
  ].join('\n')
}

const checkOnly = process.argv.includes('--check')
let stale = 0
for (const [path, print] of Object.entries(pages)) {
  const file = join(root, path)
  const wanted = print()
  if (existsSync(file) && readFileSync(file, 'utf8') === wanted) continue
  stale += 1
  if (checkOnly) {
    console.error(`${path} is not what the code says: run npm run docs.`)
    continue
  }
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, wanted)
  console.log(`wrote ${path}`)
}
process.exitCode = checkOnly && stale > 0 ? 1 : 0
