import type { Fields } from '#server/contract/config-field.ts'
import { converters } from '#server/converters/catalog.ts'
import { registryFields } from '#server/converters/registry/registry-fields.ts'
import type { ConverterPlugin } from '#server/sdk/converter.ts'
import { fieldTable } from '#tools/field-table.ts'

const withRegistry = ({ config }: ConverterPlugin) => 'schema.registry.url' in config

/** The reference of every converter that comes with Sluice: what it is for, and its settings. */
export function convertersPage(): string {
  return [
    '# Converters',
    '',
    'Printed from the tables in `server/converters` by `npm run docs`. A converter turns the values of records into bytes and',
    'back. A worker has one for keys, values and headers (`key.converter`, `value.converter`, `header.converter`), and a',
    'connector may have its own; the settings below stand behind that name, as in',
    '`value.converter.schema.registry.url`. A class may be written in short: `Avro` and `AvroConverter` are both',
    '`io.confluent.connect.avro.AvroConverter`.',
    '',
    ...converters.flatMap(section),
    '## With a schema registry',
    '',
    'These settings have AvroConverter, ProtobufConverter and JsonSchemaConverter in common. While the registry is away a',
    'task waits, says so in its log, and goes on where it was; what the registry refuses because of a schema is an error of',
    'the record, which `errors.tolerance` decides on; a refused login fails the task.',
    '',
    ...fieldTable(registryFields),
    '',
    ...unlike,
  ].join('\n')
}

/** What a user of Confluent's own converters may notice. */
const unlike = [
  '### Where they differ from the JVM',
  '',
  '- A value without a schema is refused by ProtobufConverter and JsonSchemaConverter. AvroConverter writes it as the JVM does,',
  '  as the record `Anything`, every integer as a `long` and every other number as a `double`.',
  '- `use.latest.version` and `use.latest.with.metadata` decide what is written. What is read is read under the schema that it',
  '  was written with; the JVM reads it as the latest schema has it.',
  '- AvroConverter does not take schemas that contain themselves, as Connect has none; the JVM does behind references.',
  '- ProtobufConverter takes records only; the JVM wraps a bare text or number in a message. A field that Protobuf marks as',
  '  optional is read as null when it is missing, not as zero.',
  '- A text of a schema may differ from what the JVM registers for the same record in the order of its parts (JSON Schema)',
  '  or in its spaces (Protobuf): the registry then counts a version more, unless `normalize.schemas` is true.',
  '- A key or trust store in the JKS format is refused with what to do: `keytool -importkeystore -srckeystore old.jks',
  '  -destkeystore new.p12 -deststoretype PKCS12` (files that keytool made since Java 9 are PKCS12 whatever their name).',
  '- Logins by Kerberos and OAuth are not there.',
  '',
]

function section(plugin: ConverterPlugin): string[] {
  const { class: className, config, version } = plugin
  const roles = [
    ...(plugin.converter || plugin.loadConverter ? ['keys and values'] : []),
    ...(plugin.headerConverter ? ['headers'] : []),
  ]
  const own = withRegistry(plugin) ? withoutShared(config) : config
  const more = withRegistry(plugin)
    ? ' Besides these settings it has those [of a schema registry](#with-a-schema-registry).'
    : ''
  return [
    `## ${className.slice(className.lastIndexOf('.') + 1)}`,
    '',
    `\`${className}\`, for ${roles.join(' and ')}. Version ${version}.${more}`,
    '',
    ...(Object.keys(own).length > 0 ? fieldTable(own) : ['It has no settings.']),
    '',
  ]
}

const withoutShared = (config: Fields): Fields =>
  Object.fromEntries(Object.entries(config).filter(([name]) => !(name in registryFields)))
