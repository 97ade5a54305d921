import { openApiDocument, pathOf } from '#server/rest/openapi/document.ts'
import { type Operation, operations } from '#server/rest/openapi/operations.ts'

/** docs/reference/rest.md: every request of the API on one line. */
export function restPage(): string {
  const all = Object.entries(operations).map(([route, operation]) => {
    const [method = '', template = ''] = route.split(' ')
    return { method, path: pathOf(template, operation), operation }
  })
  const own = all.filter(({ path }) => path.startsWith('/sluice/'))
  return [
    '# REST API',
    '',
    'Printed from `server/rest/openapi` by `npm run docs`. Every worker serves the same as OpenAPI 3.1 at `GET /sluice/v1/openapi.json`',
    '(here: [openapi.json](openapi.json)), and a test holds it against the answers of running workers. Who may come in, and how: [doors](../rest.md).',
    '',
    "## Kafka Connect's own",
    '',
    ...table(all.filter((each) => !own.includes(each))),
    '',
    '## Beyond it',
    '',
    'Absent on JVM workers.',
    '',
    ...table(own),
    '',
  ].join('\n')
}

/** docs/reference/openapi.json, without the version of the product, so that it changes with the API alone. */
export const openApiPage = (): string => `${JSON.stringify(openApiDocument('v1'), null, 2)}\n`

const table = (rows: readonly { method: string; path: string; operation: Operation }[]) => [
  '| request | what for | query |',
  '| --- | --- | --- |',
  ...rows.map(({ method, path, operation: { summary, query = [] } }) => {
    const parameters = query.map(({ name }) => `\`${name}\``).join(', ')
    return `| \`${method} ${path}\` | ${summary} | ${parameters} |`
  }),
]
