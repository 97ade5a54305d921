import { pluginKind } from '#server/sdk/connector.ts'
import type { PredicatePlugin, TransformPlugin } from '#server/sdk/transform.ts'
import { predicates, transforms } from '#server/transforms/catalog.ts'
import { fieldTable } from '#tools/field-table.ts'

type RecordPlugin = TransformPlugin | PredicatePlugin

/** The reference of every transform and predicate: what it does, its settings, how a connector names it. */
export function transformsPage(): string {
  return [
    '# Transforms and predicates',
    '',
    'Printed from the tables in `server/transforms` by `npm run docs`.',
    '',
    'A connector lists transforms under aliases of its choice; each record passes them in that order, between a source and its',
    'converters or between the converters and a sink. With a `predicate` a transform is applied only to the records for which it',
    'is true, or with `negate=true` to the others. A record that a transform cannot change is an error of the stage',
    'TRANSFORMATION, and `errors.tolerance` says what becomes of it.',
    '',
    "A class that ends with `$Key` works on the record's key, one with `$Value` on its value. Regular expressions have Java's",
    'syntax, but match in linear time: look-around, back-references, possessive quantifiers, atomic groups and classes inside',
    'classes are refused when the config is validated.',
    '',
    ...families(transforms).flatMap((family) => section(family, 'transforms')),
    ...families(predicates).flatMap((family) => section(family, 'predicates')),
  ].join('\n')
}

const baseOf = ({ class: name }: RecordPlugin) => name.replace(/\$(Key|Value)$/, '')

/** `X$Key` and `X$Value` stand in one section. */
const families = (plugins: readonly RecordPlugin[]): RecordPlugin[][] =>
  Object.values(Object.groupBy(plugins, baseOf)).map((family) => family ?? [])

function section(family: readonly RecordPlugin[], list: 'transforms' | 'predicates'): string[] {
  const [plugin] = family.slice(-1)
  if (!plugin) return []
  const base = baseOf(plugin)
  const simple = base.slice(base.lastIndexOf('.') + 1)
  const alias = `${simple.charAt(0).toLowerCase()}${simple.slice(1)}`
  const fields =
    Object.keys(plugin.config).length > 0 ? ['', ...fieldTable(plugin.config)] : ['', 'It has no settings.']
  const kind = plugin[pluginKind] === 'predicate' ? 'Predicate. ' : ''
  return [
    `## ${simple}`,
    '',
    `${kind}${plugin.summary}`,
    '',
    `Class ${family.map(({ class: name }) => `\`${name}\``).join(' or ')}, version ${plugin.version}.`,
    ...fields,
    '',
    '```properties',
    ...Object.entries(exampleOf(plugin, list, alias)).map(([key, value]) => `${key}=${value}`),
    '```',
    '',
  ]
}

function exampleOf(plugin: RecordPlugin, list: string, alias: string): Record<string, string> {
  const own = Object.entries({ type: plugin.class, ...plugin.example })
  return { [list]: alias, ...Object.fromEntries(own.map(([key, value]) => [`${list}.${alias}.${key}`, value])) }
}
