import { type Operation, operations } from '#server/rest/openapi/operations.ts'
import { type JsonSchema, ref, schemas } from '#server/rest/openapi/schemas.ts'

/** The API of a worker in OpenAPI 3.1: Kafka Connect's own part, and what lies under /sluice/v1. */
export function openApiDocument(version: string) {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const [route, operation] of Object.entries(operations)) {
    const [method = '', template = ''] = route.split(' ')
    const path = pathOf(template, operation)
    paths[path] = { ...paths[path], [method.toLowerCase()]: operationObject(path, operation) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Sluice',
      version,
      description: 'The REST API of Kafka Connect 4.3, and under /sluice/v1 what Sluice offers beyond it.',
    },
    tags: [
      { name: 'connect', description: "Kafka Connect's own." },
      { name: 'sluice', description: 'Absent on JVM workers.' },
    ],
    paths,
    components: {
      schemas,
      securitySchemes: {
        basic: { type: 'http', scheme: 'basic', description: 'Where rest.extension.classes asks for a login.' },
      },
    },
    security: [{}, { basic: [] }],
  }
}

/** The path with names in its braces. */
export function pathOf(template: string, { path: names = [] }: Operation): string {
  let at = 0
  return template.replace(/\{[cn]\}/g, () => `{${names[at++] ?? ''}}`)
}

function operationObject(path: string, operation: Operation) {
  const { id, summary, path: names = [], query = [], body, answers, type = 'application/json' } = operation
  const parameters = [
    ...names.map((name) => ({
      name,
      in: 'path',
      required: true,
      schema: name === 'task' ? { type: 'integer' } : { type: 'string' },
    })),
    ...query.map(({ name, description, schema }) => ({ name, in: 'query', description, schema })),
  ]
  const responses = Object.entries(answers).map(([status, schema]) => [
    status,
    { description: summary, ...(schema && { content: { [type]: { schema } } }) },
  ])
  return {
    operationId: id,
    summary,
    tags: [path.startsWith('/sluice/') ? 'sluice' : 'connect'],
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: { required: true, content: jsonOf(body) } }),
    responses: {
      ...Object.fromEntries(responses),
      default: { description: 'It did not work.', content: jsonOf(ref('Error')) },
    },
  }
}

const jsonOf = (schema: JsonSchema) => ({ 'application/json': { schema } })
